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
  pick,
  procedure,
  shiftLanes,
  splat,
  storeByte,
  storeVector,
  widenBytes,
  widenWords,
} from './assembler.js';
import type { Code } from './assembler.js';
import { compile } from './compile.js';
import type { Kernels } from './compile.js';

/** Weights are whole multiples of 2^-22, the most that leaves room for 8-bit pixels in 32 bits. */
export const PRECISION = 22;
const HALF = splat(1 << (PRECISION - 1));

/** Taps of a row that are read at a time: their pixels fit a vector. */
export const TAPS_AT_A_TIME = 4;
/** Bytes of a column pass's result that are computed at a time. */
export const LANES = 16;

const NOTHING = 16;
/** Red, green and blue of a pixel of a vector, each as a number of 32 bits. */
const pixelLanes = (pixel: number): number[] =>
  [0, 1, 2]
    .flatMap((channel) => [3 * pixel + channel, NOTHING, NOTHING, NOTHING])
    .concat(Array<number>(4).fill(NOTHING));

/**
 * Resizes rows: bytes [rows, ..., 3] at `source` with `sourceLine` bytes a row, to planes [3, rows, width] at `target` with `targetLine`
 * bytes a row. For each column: at `starts` the byte in its row where it begins to read, at `weights` the weights of
 * its `groups` × 4 taps.
 */
const resizeRows = procedure(
  'resizeRows',
  ['source', 'sourceLine', 'rows', 'starts', 'weights', 'groups', 'width', 'target', 'targetLine', 'targetPlane'],
  { y: 'i32', x: 'i32', group: 'i32', from: 'i32', weight: 'i32', to: 'i32', sum: 'v128' },
  ({ source, sourceLine, rows, starts, weights, groups, width, target, targetLine, targetPlane, ...local }) => {
    const { y, x, group, from, weight, to, sum } = local;
    const tap = (at: number): Code =>
      multiplyLanes(pick(loadVector(from.get), pixelLanes(at)), loadSplat(weight.get, 4 * at));
    const bytes = ((words: Code) => narrowToBytes(words, words))(
      narrowToWords(shiftLanes(sum.get, PRECISION), shiftLanes(sum.get, PRECISION)),
    );
    return [
      count(y, rows.get, 1, [
        weight.set(weights.get),
        to.set(target.get),
        count(x, width.get, 1, [
          sum.set(HALF),
          from.set(add(source.get, load(add(starts.get, multiply(x.get, int(4)))))),
          count(group, groups.get, 1, [
            ...[0, 1, 2, 3].map((at) => sum.set(addLanes(sum.get, tap(at)))),
            from.set(add(from.get, int(3 * TAPS_AT_A_TIME))),
            weight.set(add(weight.get, int(4 * TAPS_AT_A_TIME))),
          ]),
          sum.set(bytes),
          storeByte(to.get, sum.get, 0),
          storeByte(add(to.get, targetPlane.get), sum.get, 1),
          storeByte(add(to.get, multiply(targetPlane.get, int(2))), sum.get, 2),
          to.set(add(to.get, int(1))),
        ]),
        source.set(add(source.get, sourceLine.get)),
        target.set(add(target.get, targetLine.get)),
      ]),
    ];
  },
);

/**
 * Resizes columns of one plane: bytes [..., line] at `source`, to [height, width] at `target`. For each row of the result:
 * at `starts` the byte in the source where it begins to read, at `counts` the number of its taps, at `weights` their weights,
 * `most` slots each. `line` is a multiple of 16 and at least `width`; up to 15 bytes after the result are overwritten.
 */
const resizeColumns = procedure(
  'resizeColumns',
  ['source', 'line', 'starts', 'counts', 'weights', 'most', 'height', 'width', 'target'],
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
  ({ source, line, starts, counts, weights, most, height, width, target, ...local }) => {
    const { y, x, tap, from, weight, pixels, words, factor, a, b, c, d } = local;
    const sums = [a, b, c, d];
    const shifted = sums.map((sum) => shiftLanes(sum.get, PRECISION));
    const accumulate = (sum: typeof a, lanes: Code): Code =>
      sum.set(addLanes(sum.get, multiplyLanes(lanes, factor.get)));
    return [
      count(y, height.get, 1, [
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

const PROCEDURES = [resizeRows, resizeColumns] as const;

/** The kernels that resize. */
export type ResizeKernels = Kernels<(typeof PROCEDURES)[number]['name']>;

export function resizeKernels(): ResizeKernels {
  return compile(PROCEDURES);
}
