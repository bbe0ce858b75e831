/** degenerate + factor · (original − degenerate) of four 32-bit numbers, in float32, cut off to whole numbers. */
export function blend(degenerate: v128, original: v128, factor: v128): v128 {
  const difference = f32x4.convert_i32x4_s(i32x4.sub(original, degenerate));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.convert_i32x4_s(degenerate), f32x4.mul(factor, difference)));
}

/** Stores two times four 32-bit numbers as bytes, each cut to 0 ... 255. */
export function storeBytes(target: usize, low: v128, high: v128): void {
  const words = i16x8.narrow_i32x4_s(low, high);
  v128.store64_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
}
