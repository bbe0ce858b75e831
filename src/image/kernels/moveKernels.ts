import {
  add,
  addDoubles,
  bitsOfBoth,
  choose,
  constant,
  count,
  doublesAtLeast,
  doublesBelow,
  floorDoubles,
  int,
  laneOf,
  loadByte,
  loadSplatDouble,
  loadVector,
  multiply,
  multiplyDoubles,
  narrowToBytes,
  narrowToWords,
  procedure,
  splatDouble,
  storeHalf,
  storeHalfLane,
  storeVector,
  subtractDoubles,
  truncateDoubles,
} from './assembler.js';
import type { Code, Variable } from './assembler.js';
import { compile } from './compile.js';
import type { Kernels } from './compile.js';
import { cubicOfBytes, cubicOfDoubles, prepare, WORKING } from './cubic.js';
import { transposeBlocks } from './transpose.js';

/** What the outermost taps of a cubic reach over the edge. */
export const BORDER = 2;
/** Lines of bytes are handled in vectors of so many. */
export const VECTOR = 16;
const DOUBLE = 8;

/** Channels of the planes. */
const CHANNELS = [0, 1, 2] as const;
/** The two pixels of a vector of doubles. */
const PAIR = 2;

/** Stores two doubles as bytes, cut off, where `inside` is set, elsewhere the double at `fill`. */
function storePair(to: Code, value: Variable, inside: Code, fill: Code): readonly Code[] {
  return [
    value.set(truncateDoubles(choose(inside, value.get, fill))),
    value.set(narrowToWords(value.get, value.get)),
    value.set(narrowToBytes(value.get, value.get)),
    storeHalfLane(to, value.get, 0),
  ];
}

/** Where both numbers of a vector are from 0 on and below `size`. */
const within = (position: Code, size: Code): Code =>
  bitsOfBoth(doublesAtLeast(position, splatDouble(0)), doublesBelow(position, size));

/** The centres of a pair of pixels at the start of a line. */
const FIRST_PAIR = constant([...new Uint8Array(Float64Array.of(0.5, 1.5).buffer)]);
const HALF = splatDouble(0.5);

/** Copies `lines` lines of `length` bytes, a multiple of 16 or overrunning to it, and repeats their ends {@link BORDER} times. */
const padLines = procedure(
  'padLines',
  ['source', 'sourceLine', 'lines', 'length', 'target', 'targetLine'],
  { y: 'i32', x: 'i32', end: 'i32' },
  ({ source, sourceLine, lines, length, target, targetLine, y, x, end }) => {
    const twice = (byte: Code): Code => multiply(byte, int(0x101));
    return [
      count(y, lines.get, 1, [
        count(x, length.get, VECTOR, [
          storeVector(add(add(target.get, int(BORDER)), x.get), loadVector(add(source.get, x.get))),
        ]),
        storeHalf(target.get, twice(loadByte(source.get))),
        end.set(add(target.get, length.get)),
        storeHalf(add(end.get, int(BORDER)), twice(loadByte(add(end.get, int(1))))),
        source.set(add(source.get, sourceLine.get)),
        target.set(add(target.get, targetLine.get)),
      ]),
    ];
  },
);

/**
 * Moves the rows of three planes, of `size` bytes each, along themselves: what is at x then was at x + `shifts`[row] before.
 * `source` is that of a row's second byte after {@link padLines}. `shifts` has `size` doubles, `fills` one a channel. Up to a
 * byte after each row of the result is overwritten.
 */
const slideRows = procedure(
  'slideRows',
  ['source', 'sourceLine', 'sourcePlane', 'sizes', 'size', 'shifts', 'fills', 'target', 'targetLine', 'targetPlane'],
  {
    y: 'i32',
    x: 'i32',
    a: 'i32',
    b: 'i32',
    to: 'i32',
    shift: 'v128',
    side: 'v128',
    centre: 'v128',
    position: 'v128',
    start: 'v128',
    inside: 'v128',
    fraction: 'v128',
    value: 'v128',
    ...WORKING,
  },
  ({ source, sourceLine, sourcePlane, sizes, size, shifts, fills, target, targetLine, targetPlane, ...local }) => {
    const { y, x, a, b, to, shift, side, centre, position, start, inside, fraction, value } = local;
    return [
      ...prepare(local),
      side.set(loadSplatDouble(sizes.get)),
      count(y, size.get, 1, [
        shift.set(loadSplatDouble(shifts.get)),
        centre.set(FIRST_PAIR),
        count(x, size.get, PAIR, [
          position.set(addDoubles(centre.get, shift.get)),
          inside.set(within(position.get, side.get)),
          position.set(subtractDoubles(position.get, HALF)),
          start.set(floorDoubles(position.get)),
          fraction.set(subtractDoubles(position.get, start.get)),
          start.set(truncateDoubles(bitsOfBoth(start.get, inside.get))),
          a.set(add(source.get, laneOf(start.get, 0))),
          b.set(add(source.get, laneOf(start.get, 1))),
          to.set(add(target.get, x.get)),
          ...CHANNELS.flatMap((channel) => [
            ...cubicOfBytes(local, a.get, b.get, fraction.get, value),
            ...storePair(to.get, value, inside.get, loadSplatDouble(fills.get, DOUBLE * channel)),
            a.set(add(a.get, sourcePlane.get)),
            b.set(add(b.get, sourcePlane.get)),
            to.set(add(to.get, targetPlane.get)),
          ]),
          centre.set(addDoubles(centre.get, splatDouble(PAIR))),
        ]),
        shifts.set(add(shifts.get, int(DOUBLE))),
        source.set(add(source.get, sourceLine.get)),
        target.set(add(target.get, targetLine.get)),
      ]),
    ];
  },
);

/**
 * Three planes of `size` × `size` pixels by a linear map: what is at (x, y) then was before at
 * (m0 · x + m1 · y + m2, m3 · x + m4 · y + m5), by the middles of pixels. `numbers` has the doubles m0 ... m5, `size` and
 * `sourceLine`; `source` is the place of pixel (−1, −1), with {@link BORDER} pixels repeated all around the planes.
 */
const turn = procedure(
  'turn',
  ['source', 'sourceLine', 'sourcePlane', 'size', 'numbers', 'fills', 'target', 'targetLine', 'targetPlane'],
  {
    y: 'i32',
    x: 'i32',
    a: 'i32',
    b: 'i32',
    aRow: 'i32',
    bRow: 'i32',
    to: 'i32',
    side: 'v128',
    line: 'v128',
    middle: 'v128',
    centre: 'v128',
    acrossByRow: 'v128',
    downByRow: 'v128',
    across: 'v128',
    down: 'v128',
    column: 'v128',
    row: 'v128',
    inside: 'v128',
    start: 'v128',
    row0: 'v128',
    row1: 'v128',
    row2: 'v128',
    row3: 'v128',
    value: 'v128',
    ...WORKING,
  },
  ({ source, sourceLine, sourcePlane, size, numbers, fills, target, targetLine, targetPlane, ...local }) => {
    const { y, x, a, b, aRow, bRow, to, side, line, middle, centre, acrossByRow, downByRow } = local;
    const { across, down, column, row, inside, start, row0, row1, row2, row3, value } = local;
    const number = (at: number): Code => loadSplatDouble(numbers.get, DOUBLE * at);
    return [
      ...prepare(local),
      side.set(number(6)),
      line.set(number(7)),
      middle.set(HALF),
      count(y, size.get, 1, [
        acrossByRow.set(multiplyDoubles(number(1), middle.get)),
        downByRow.set(multiplyDoubles(number(4), middle.get)),
        centre.set(FIRST_PAIR),
        count(x, size.get, PAIR, [
          across.set(addDoubles(addDoubles(multiplyDoubles(number(0), centre.get), acrossByRow.get), number(2))),
          down.set(addDoubles(addDoubles(multiplyDoubles(number(3), centre.get), downByRow.get), number(5))),
          inside.set(bitsOfBoth(within(across.get, side.get), within(down.get, side.get))),
          across.set(subtractDoubles(across.get, HALF)),
          down.set(subtractDoubles(down.get, HALF)),
          column.set(floorDoubles(across.get)),
          row.set(floorDoubles(down.get)),
          across.set(subtractDoubles(across.get, column.get)),
          down.set(subtractDoubles(down.get, row.get)),
          start.set(addDoubles(multiplyDoubles(row.get, line.get), column.get)),
          start.set(truncateDoubles(bitsOfBoth(start.get, inside.get))),
          a.set(add(source.get, laneOf(start.get, 0))),
          b.set(add(source.get, laneOf(start.get, 1))),
          to.set(add(target.get, x.get)),
          ...CHANNELS.flatMap((channel) => [
            aRow.set(a.get),
            bRow.set(b.get),
            ...[row0, row1, row2, row3].flatMap((along) => [
              ...cubicOfBytes(local, aRow.get, bRow.get, across.get, along),
              aRow.set(add(aRow.get, sourceLine.get)),
              bRow.set(add(bRow.get, sourceLine.get)),
            ]),
            value.set(cubicOfDoubles([row0.get, row1.get, row2.get, row3.get], down.get)),
            ...storePair(to.get, value, inside.get, loadSplatDouble(fills.get, DOUBLE * channel)),
            a.set(add(a.get, sourcePlane.get)),
            b.set(add(b.get, sourcePlane.get)),
            to.set(add(to.get, targetPlane.get)),
          ]),
          centre.set(addDoubles(centre.get, splatDouble(PAIR))),
        ]),
        middle.set(addDoubles(middle.get, splatDouble(1))),
        target.set(add(target.get, targetLine.get)),
      ]),
    ];
  },
);

const PROCEDURES = [padLines, transposeBlocks, slideRows, turn] as const;

/** The kernels that move pixels. */
export type MoveKernels = Kernels<(typeof PROCEDURES)[number]['name']>;

export function moveKernels(): MoveKernels {
  return compile(PROCEDURES);
}
