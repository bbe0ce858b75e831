// Two neighbouring pixels of a row at a time, a double for each.

export const PAIR = 2;

/** All bits of the lanes whose number is from 0 on and below `size`. */
export function within(position: v128, size: v128): v128 {
  return v128.and(f64x2.ge(position, f64x2.splat(0)), f64x2.lt(position, size));
}

/** Stores a pair as bytes, cut off, where `inside` is set and elsewhere `fill`. */
export function storePair(to: usize, value: v128, inside: v128, fill: v128): void {
  const numbers = i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(value, fill, inside));
  const words = i16x8.narrow_i32x4_s(numbers, numbers);
  v128.store16_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
}
