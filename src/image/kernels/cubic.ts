import { addDoubles, constant, loadLane, multiplyDoubles, pickBy, splatDouble, subtractDoubles } from './assembler.js';
import type { Code, Variable } from './assembler.js';

// The double 2^52 + b has the byte b lowest and these highest. Bytes that are put so are doubles without a conversion,
// whose differences are those of the bytes, exactly.
const EXPONENT = [0x30, 0x43];
const OFFSET = splatDouble(2 ** 52);
/** Two pixels' four taps each come into the first half; the second has the bytes of the exponent. */
const TEMPLATE = constant([...Array<number>(8).fill(0), ...EXPONENT, ...Array<number>(6).fill(0)]);
const NOTHING = 0xff;
/** Picks one tap of both pixels as doubles, 2^52 more than they are. */
const tapLanes = (tap: number): Code =>
  constant([tap, 4 + tap].flatMap((place) => [place, ...Array<number>(5).fill(NOTHING), 8, 9]));

/** Locals that {@link cubicOfBytes} works with. */
export const WORKING = {
  lanes0: 'v128',
  lanes1: 'v128',
  lanes2: 'v128',
  lanes3: 'v128',
  template: 'v128',
  taps: 'v128',
  first: 'v128',
  second: 'v128',
  third: 'v128',
  fourth: 'v128',
  sum: 'v128',
} as const;
export type Working = { readonly [N in keyof typeof WORKING]: Variable };

/** Sets the first five of them, once a procedure. */
export function prepare({ lanes0, lanes1, lanes2, lanes3, template }: Working): readonly Code[] {
  return [...[lanes0, lanes1, lanes2, lanes3].map((lanes, tap) => lanes.set(tapLanes(tap))), template.set(TEMPLATE)];
}

/**
 * The value at `fraction` of the way from `second` to `third`, by Keys' cubic with a = −1 as Pillow's transforms have it (its
 * resizing has −0.5): second + fraction · (linear + fraction · (square + fraction · cube)) with
 *
 * - linear = third − first,
 * - square = 2 · (first − second) + third − fourth,
 * - cube = second − first + fourth − third.
 *
 * The order of the operations is part of it: results are cut off, not rounded, so that the last bit of a sum can decide.
 */
function cubicOf(second: Code, linear: Code, square: Code, plusCube: (squarePart: Code) => Code, fraction: Code): Code {
  const inner = multiplyDoubles(fraction, plusCube(square));
  return addDoubles(second, multiplyDoubles(fraction, addDoubles(linear, inner)));
}

/** {@link cubicOf} of four bytes each at `address` and at `other`, one pixel in either lane. Sets `result`. */
export function cubicOfBytes(
  working: Working,
  address: Code,
  other: Code,
  fraction: Code,
  result: Variable,
): readonly Code[] {
  const { lanes0, lanes1, lanes2, lanes3, template, taps, first, second, third, fourth, sum } = working;
  const tap = (lanes: Variable): Code => pickBy(taps.get, lanes.get);
  // All of these are whole numbers, so that the order does not matter.
  return [
    taps.set(loadLane(other, loadLane(address, template.get, 0), 1)),
    first.set(tap(lanes0)),
    second.set(tap(lanes1)),
    third.set(tap(lanes2)),
    fourth.set(subtractDoubles(third.get, tap(lanes3))),
    third.set(subtractDoubles(third.get, first.get)),
    first.set(subtractDoubles(first.get, second.get)),
    sum.set(addDoubles(first.get, fourth.get)),
    result.set(
      cubicOf(
        subtractDoubles(second.get, OFFSET),
        third.get,
        addDoubles(first.get, sum.get),
        (square) => subtractDoubles(square, multiplyDoubles(fraction, sum.get)),
        fraction,
      ),
    ),
  ];
}

/** {@link cubicOf} of doubles. */
export function cubicOfDoubles([a, b, c, d]: readonly [Code, Code, Code, Code], fraction: Code): Code {
  const difference = subtractDoubles(a, b);
  const cube = subtractDoubles(addDoubles(subtractDoubles(b, a), d), c);
  return cubicOf(
    b,
    subtractDoubles(c, a),
    subtractDoubles(addDoubles(addDoubles(difference, difference), c), d),
    (square) => addDoubles(square, multiplyDoubles(fraction, cube)),
    fraction,
  );
}
