import {
  add,
  addLanes,
  count,
  int,
  load,
  loadSplat,
  loadVector,
  multiply,
  multiplyLanes,
  narrowToBytes,
  narrowToWords,
  procedure,
  shiftLanes,
  splat,
  storeVector,
  widenBytes,
  widenWords,
} from './assembler.js';
import type { Code } from './assembler.js';
import { compile } from './compile.js';
import type { Kernels } from './compile.js';
import { transposeBlocks } from './transpose.js';

/** Weights are whole multiples of 2^-22, the most that leaves room for 8-bit pixels in 32 bits. */
export const PRECISION = 22;
const HALF = splat(1 << (PRECISION - 1));

/** Bytes of a line that are computed at a time. */
export const LANES = 16;

/**
 * Makes lines of `width` bytes at `target`, each the weighted sum of lines at `source`, which are `line` bytes apart. For each of the
 * `lines`: at `starts` the byte in the source where its first line begins, at `counts` how many it reads, at `weights` their weights,
 * `most` slots each. Lines are read up to a multiple of 16 bytes; up to 15 bytes after the result are overwritten.
 */
const resizeLines = procedure(
  'resizeLines',
  ['source', 'line', 'starts', 'counts', 'weights', 'most', 'lines', 'width', 'target'],
  {
    y: 'i32',
    x: 'i32',
    tap: 'i32',
    from: 'i32',
    weight: 'i32',
    pixels: 'v128',
    words: 'v128',
    factor: 'v128',
    a: 'v128',
    b: 'v128',
    c: 'v128',
    d: 'v128',
  },
  ({ source, line, starts, counts, weights, most, lines, width, target, ...local }) => {
    const { y, x, tap, from, weight, pixels, words, factor, a, b, c, d } = local;
    const sums = [a, b, c, d];
    const shifted = sums.map((sum) => shiftLanes(sum.get, PRECISION));
    const accumulate = (sum: typeof a, lanes: Code): Code =>
      sum.set(addLanes(sum.get, multiplyLanes(lanes, factor.get)));
    return [
      count(y, lines.get, 1, [
        count(x, width.get, LANES, [
          ...sums.map((sum) => sum.set(HALF)),
          from.set(add(add(source.get, load(starts.get)), x.get)),
          weight.set(weights.get),
          count(tap, load(counts.get), 1, [
            pixels.set(loadVector(from.get)),
            factor.set(loadSplat(weight.get)),
            words.set(widenBytes.low(pixels.get)),
            accumulate(a, widenWords.low(words.get)),
            accumulate(b, widenWords.high(words.get)),
            words.set(widenBytes.high(pixels.get)),
            accumulate(c, widenWords.low(words.get)),
            accumulate(d, widenWords.high(words.get)),
            from.set(add(from.get, line.get)),
            weight.set(add(weight.get, int(4))),
          ]),
          storeVector(
            add(target.get, x.get),
            narrowToBytes(narrowToWords(shifted[0], shifted[1]), narrowToWords(shifted[2], shifted[3])),
          ),
        ]),
        starts.set(add(starts.get, int(4))),
        counts.set(add(counts.get, int(4))),
        weights.set(add(weights.get, multiply(most.get, int(4)))),
        target.set(add(target.get, width.get)),
      ]),
    ];
  },
);

const PROCEDURES = [resizeLines, transposeBlocks] as const;

/** The kernels that resize. */
export type ResizeKernels = Kernels<(typeof PROCEDURES)[number]['name']>;

export function resizeKernels(): ResizeKernels {
  return compile(PROCEDURES);
}
