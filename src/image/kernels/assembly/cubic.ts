/*
 * Keys' cubic with a = −1, as Pillow's transforms have it (its resizing has −0.5), of four taps at a `fraction` of the way from the
 * second to the third: second + fraction · (linear + fraction · (square + fraction · cube)) with
 *
 * - linear = third − first,
 * - square = 2 · (first − second) + third − fourth,
 * - cube = second − first + fourth − third.
 *
 * The order of the operations is part of it: results are cut off, not rounded, so the last bit of a sum can decide. Vectors hold two
 * pixels, one in each lane.
 */

/** The cubic of four doubles. */
export function cubicOfDoubles(first: v128, second: v128, third: v128, fourth: v128, fraction: v128): v128 {
  const difference = f64x2.sub(first, second);
  const square = f64x2.sub(f64x2.add(f64x2.add(difference, difference), third), fourth);
  const cube = f64x2.sub(f64x2.add(f64x2.sub(second, first), fourth), third);
  return polynomial(second, f64x2.sub(third, first), f64x2.add(square, f64x2.mul(fraction, cube)), fraction);
}

/** The cubic of four bytes at `one` and of four bytes at `other`. Sums of bytes are whole numbers, whose order does not matter. */
export function cubicOfBytes(one: usize, other: usize, fraction: v128): v128 {
  const taps = v128.load32_lane(other, v128.load32_lane(one, EXPONENT, 0), 1);
  const first = v128.swizzle(taps, FIRST);
  const second = v128.swizzle(taps, SECOND);
  const third = v128.swizzle(taps, THIRD);
  const difference = f64x2.sub(first, second);
  const minusCube = f64x2.add(difference, f64x2.sub(third, v128.swizzle(taps, FOURTH)));
  const square = f64x2.add(difference, minusCube);
  return polynomial(
    f64x2.sub(second, f64x2.splat(OFFSET)),
    f64x2.sub(third, first),
    f64x2.sub(square, f64x2.mul(fraction, minusCube)),
    fraction,
  );
}

/** constant + fraction · (linear + fraction · square) */
function polynomial(constant: v128, linear: v128, square: v128, fraction: v128): v128 {
  return f64x2.add(constant, f64x2.mul(fraction, f64x2.add(linear, f64x2.mul(fraction, square))));
}

// The double 2^52 + b has the byte b lowest and these highest: 0x30, 0x43. Bytes that are put so are doubles without a conversion, and
// the differences of those are the differences of the bytes, exactly.
const OFFSET: f64 = 4503599627370496;
/** The taps of two pixels come into the first half. */
const EXPONENT = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0x43, 0, 0, 0, 0, 0, 0);
// Which bytes of the above make a tap of both pixels a double; −1 gives 0.
const FIRST = i8x16(0, -1, -1, -1, -1, -1, 8, 9, 4, -1, -1, -1, -1, -1, 8, 9);
const SECOND = i8x16(1, -1, -1, -1, -1, -1, 8, 9, 5, -1, -1, -1, -1, -1, 8, 9);
const THIRD = i8x16(2, -1, -1, -1, -1, -1, 8, 9, 6, -1, -1, -1, -1, -1, 8, 9);
const FOURTH = i8x16(3, -1, -1, -1, -1, -1, 8, 9, 7, -1, -1, -1, -1, -1, 8, 9);
