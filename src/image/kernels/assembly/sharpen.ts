import { BYTES_AT_A_TIME } from '../layout';
import { blend, storeBytes } from './blend';

/** The smoothing weighs a pixel five times and its eight neighbours once. */
const ALL = 13;
/** Sums are divided by multiplying with this many 65536ths, which is exact after rounding for all that nine bytes can give. */
const SCALE = 5042;

/**
 * Blends `length` bytes with their smoothed neighbourhoods: smoothed + factor · (original − smoothed), cut to bytes. Rows are `line`
 * bytes long, and all eight neighbours of every byte must be there. Up to 7 bytes after the last are read and overwritten.
 */
export function sharpen(source: usize, line: usize, length: usize, factor: f32, target: usize): void {
  const weight = f32x4.splat(factor);
  for (let at: usize = 0; at < length; at += BYTES_AT_A_TIME) {
    const middle = source + at - 1;
    const original = v128.load8x8_u(middle, 1);
    const sides = i16x8.add(sumOfThree(middle - line), sumOfThree(middle + line));
    const sum = i16x8.add(i16x8.add(sides, sumOfThree(middle)), i16x8.shl(original, 2));
    const low = blend(smoothed(i32x4.extend_low_i16x8_u(sum)), i32x4.extend_low_i16x8_u(original), weight);
    const high = blend(smoothed(i32x4.extend_high_i16x8_u(sum)), i32x4.extend_high_i16x8_u(original), weight);
    storeBytes(target + at, low, high);
  }
}

/** Eight bytes and the two after each, added up to words. */
function sumOfThree(from: usize): v128 {
  return i16x8.add(i16x8.add(v128.load8x8_u(from), v128.load8x8_u(from, 1)), v128.load8x8_u(from, 2));
}

/** Rounded thirteenths. */
function smoothed(sums: v128): v128 {
  return i32x4.shr_s(i32x4.mul(i32x4.add(sums, i32x4.splat(ALL >> 1)), i32x4.splat(SCALE)), 16);
}
