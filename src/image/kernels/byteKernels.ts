import {
  add,
  addFloats,
  addLanes,
  addWords,
  count,
  int,
  load,
  loadByte,
  loadSplat,
  loadVector,
  loadWords,
  multiply,
  multiplyFloats,
  multiplyLanes,
  narrowToBytes,
  narrowToWords,
  pick,
  procedure,
  shiftLanes,
  splat,
  store,
  storeLowest,
  storeLowHalf,
  storeVector,
  subtractLanes,
  toFloats,
  truncateFloats,
  widenWords,
} from './assembler.js';
import type { Code, Variable } from './assembler.js';
import { compile } from './compile.js';
import type { Kernels } from './compile.js';

/** Bytes that are handled at a time; up to one less after the last of a result is overwritten. */
export const BYTES_AT_A_TIME = 8;
/** Bytes of a vector. */
export const VECTOR = 16;
/** Counts of one value lie beside each other: a run of equal bytes does not wait for its own count. */
export const COUNTS = 4;

const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

/** Replaces each of `length` bytes by that at its value in `table`. */
const replaceBytes = procedure(
  'replaceBytes',
  ['source', 'length', 'table', 'target'],
  { at: 'i32', from: 'i32', to: 'i32' },
  ({ source, length, table, target, at, from, to }) => [
    count(at, length.get, BYTES_AT_A_TIME, [
      from.set(add(source.get, at.get)),
      to.set(add(target.get, at.get)),
      ...upTo(BYTES_AT_A_TIME).map((offset) =>
        storeLowest(to.get, loadByte(add(table.get, loadByte(from.get, offset))), offset),
      ),
    ]),
  ],
);

const REVERSED = upTo(VECTOR).reverse();

/** Mirrors `rows` rows of `size` bytes. Up to 15 bytes before the first are read, and as many after the last are overwritten. */
const mirrorRows = procedure(
  'mirrorRows',
  ['source', 'size', 'rows', 'target'],
  { y: 'i32', x: 'i32', from: 'i32' },
  ({ source, size, rows, target, y, x, from }) => [
    count(y, rows.get, 1, [
      from.set(add(source.get, size.get)),
      count(x, size.get, VECTOR, [
        from.set(add(from.get, int(-VECTOR))),
        storeVector(add(target.get, x.get), pick(loadVector(from.get), REVERSED)),
      ]),
      source.set(add(source.get, size.get)),
      target.set(add(target.get, size.get)),
    ]),
  ],
);

/** Adds to `counts`, of 32 bits and [256, {@link COUNTS}], how often each value occurs; their sums are the histogram. */
const countBytes = procedure(
  'countBytes',
  ['source', 'length', 'counts'],
  { at: 'i32', from: 'i32', place: 'i32' },
  ({ source, length, counts, at, from, place }) => {
    const countOne = (offset: number, lane: number): readonly Code[] => [
      place.set(add(counts.get, multiply(loadByte(from.get, offset), int(4 * COUNTS)))),
      store(place.get, add(load(place.get, 4 * lane), int(1)), 4 * lane),
    ];
    return [
      count(at, length.get, COUNTS, [
        from.set(add(source.get, at.get)),
        ...upTo(COUNTS).flatMap((lane) => countOne(lane, lane)),
      ]),
    ];
  },
);

/** degenerate + factor · (original − degenerate) in 32-bit floating point, cut off to whole numbers. */
function blend(degenerate: Code, original: Code, factor: Code): Code {
  const difference = toFloats(subtractLanes(original, degenerate));
  return truncateFloats(addFloats(toFloats(degenerate), multiplyFloats(factor, difference)));
}

/** Weights of the smoothing: this in the middle, 1 for each of the eight neighbours. */
const MIDDLE = 5;
const ALL = MIDDLE + 8;
const SMOOTHING_BITS = 16;

/** Rounded thirteenths of four sums of nine bytes; exact for all that there can be. */
function smoothed(sums: Code): Code {
  const scale = splat(Math.ceil(2 ** SMOOTHING_BITS / ALL));
  return shiftLanes(multiplyLanes(addLanes(sums, splat(ALL >> 1)), scale), SMOOTHING_BITS);
}

/**
 * Blends `length` bytes of planes with `line` bytes a row with their smoothed neighbourhoods, all of which must be there, by
 * the 32-bit float at `factor`.
 */
const sharpen = procedure(
  'sharpen',
  ['source', 'line', 'length', 'factor', 'target'],
  {
    at: 'i32',
    from: 'i32',
    original: 'v128',
    sum: 'v128',
    weight: 'v128',
    degenerate: 'v128',
    low: 'v128',
    high: 'v128',
  },
  ({ source, line, length, factor, target, ...local }) => {
    const { at, from, original, sum, weight, degenerate, low, high } = local;
    const neighbours = (row: Code): Code =>
      addWords(addWords(loadWords(row), loadWords(add(row, int(1)))), loadWords(add(row, int(2))));
    const next = from.set(add(from.get, line.get));
    const half = (widen: (words: Code) => Code, result: Variable): readonly Code[] => [
      degenerate.set(smoothed(widen(sum.get))),
      result.set(blend(degenerate.get, widen(original.get), weight.get)),
    ];
    return [
      weight.set(loadSplat(factor.get)),
      // The neighbour that is above to the left of the first.
      source.set(add(source.get, multiply(add(line.get, int(1)), int(-1)))),
      count(at, length.get, BYTES_AT_A_TIME, [
        from.set(add(source.get, at.get)),
        sum.set(neighbours(from.get)),
        next,
        original.set(loadWords(add(from.get, int(1)))),
        sum.set(addWords(sum.get, neighbours(from.get))),
        ...Array<Code>(MIDDLE - 1).fill(sum.set(addWords(sum.get, original.get))),
        next,
        sum.set(addWords(sum.get, neighbours(from.get))),
        ...half(widenWords.low, low),
        ...half(widenWords.high, high),
        low.set(narrowToWords(low.get, high.get)),
        storeLowHalf(add(target.get, at.get), narrowToBytes(low.get, low.get)),
      ]),
    ];
  },
);

/** By channel, what the brightness of a colour has of it, in 65536ths. */
const GREY = [19595, 38470, 7471] as const;
const GREY_BITS = 16;

/** Blends `length` pixels of three planes, `plane` bytes apart, with their brightness, by the 32-bit float at `factor`. */
const recolour = procedure(
  'recolour',
  ['source', 'plane', 'length', 'factor', 'target'],
  {
    at: 'i32',
    place: 'i32',
    weight: 'v128',
    red: 'v128',
    green: 'v128',
    blue: 'v128',
    low: 'v128',
    high: 'v128',
    words: 'v128',
  },
  ({ source, plane, length, factor, target, ...local }) => {
    const { at, place, weight, red, green, blue, low, high, words } = local;
    const channels = [red, green, blue];
    const next = place.set(add(place.get, plane.get));
    const grey = (widen: (words: Code) => Code): Code =>
      shiftLanes(
        channels
          .map((channel, index) => multiplyLanes(widen(channel.get), splat(GREY[index])))
          .reduce(addLanes, splat(1 << (GREY_BITS - 1))),
        GREY_BITS,
      );
    return [
      weight.set(loadSplat(factor.get)),
      count(at, length.get, BYTES_AT_A_TIME, [
        place.set(add(source.get, at.get)),
        ...channels.flatMap((channel) => [channel.set(loadWords(place.get)), next]),
        low.set(grey(widenWords.low)),
        high.set(grey(widenWords.high)),
        place.set(add(target.get, at.get)),
        ...channels.flatMap((channel) => [
          words.set(
            narrowToWords(
              blend(low.get, widenWords.low(channel.get), weight.get),
              blend(high.get, widenWords.high(channel.get), weight.get),
            ),
          ),
          storeLowHalf(place.get, narrowToBytes(words.get, words.get)),
          next,
        ]),
      ]),
    ];
  },
);

const PROCEDURES = [replaceBytes, mirrorRows, countBytes, sharpen, recolour] as const;

/** The kernels that go through an image byte by byte. */
export type ByteKernels = Kernels<(typeof PROCEDURES)[number]['name']>;

export function byteKernels(): ByteKernels {
  return compile(PROCEDURES);
}
