import {
  add,
  addFloats,
  count,
  int,
  loadSplat,
  loadVector,
  loadWords,
  multiply,
  multiplyFloats,
  procedure,
  storeVector,
  toFloats,
  widenWords,
} from './assembler.js';
import { compile } from './compile.js';
import type { Kernels } from './compile.js';

/** Numbers that are handled at a time; up to one less after the last are read and written. */
export const FLOATS_AT_A_TIME = 8;

const HALF = 4 * Float32Array.BYTES_PER_ELEMENT;

/** `length` bytes as 32-bit floating point. */
const bytesToFloats = procedure(
  'bytesToFloats',
  ['source', 'length', 'target'],
  { at: 'i32', to: 'i32', words: 'v128' },
  ({ source, length, target, at, to, words }) => [
    count(at, length.get, FLOATS_AT_A_TIME, [
      words.set(loadWords(add(source.get, at.get))),
      to.set(add(target.get, multiply(at.get, int(4)))),
      storeVector(to.get, toFloats(widenWords.low(words.get))),
      storeVector(add(to.get, int(HALF)), toFloats(widenWords.high(words.get))),
    ]),
  ],
);

/**
 * Blends two arrays of 32-bit numbers, `bytes` long, in place: each keeps the part at `own` of itself and takes the part at `rest` of
 * the other. Products and sums are rounded one by one.
 */
const blendFloats = procedure(
  'blendFloats',
  ['one', 'other', 'bytes', 'own', 'rest'],
  { at: 'i32', toOne: 'i32', toOther: 'i32', kept: 'v128', taken: 'v128', a: 'v128', b: 'v128' },
  ({ one, other, bytes, own, rest, at, toOne, toOther, kept, taken, a, b }) => [
    kept.set(loadSplat(own.get)),
    taken.set(loadSplat(rest.get)),
    count(at, bytes.get, HALF, [
      toOne.set(add(one.get, at.get)),
      toOther.set(add(other.get, at.get)),
      a.set(loadVector(toOne.get)),
      b.set(loadVector(toOther.get)),
      storeVector(toOne.get, addFloats(multiplyFloats(a.get, kept.get), multiplyFloats(b.get, taken.get))),
      storeVector(toOther.get, addFloats(multiplyFloats(b.get, kept.get), multiplyFloats(a.get, taken.get))),
    ]),
  ],
);

const PROCEDURES = [bytesToFloats, blendFloats] as const;

/** The kernels that work on real numbers. */
export type FloatKernels = Kernels<(typeof PROCEDURES)[number]['name']>;

export function floatKernels(): FloatKernels {
  return compile(PROCEDURES);
}
