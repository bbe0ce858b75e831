import { PRECISION, VECTOR } from '../layout';

const HALF = 1 << (PRECISION - 1);

/**
 * Makes `lines` lines of `width` bytes, each a weighted sum of lines at `source`, which are `line` bytes apart. For every line made,
 * 32-bit numbers say which lines it reads: at `starts` the byte in the source where the first begins, at `counts` how many there are,
 * and at `weights` their weights in multiples of 2^-{@link PRECISION}, `most` slots for each. Lines are read in whole vectors; up to
 * 15 bytes after the result are overwritten.
 */
export function resizeLines(
  source: usize,
  line: usize,
  starts: usize,
  counts: usize,
  weights: usize,
  most: usize,
  lines: usize,
  width: usize,
  target: usize,
): void {
  for (let y: usize = 0; y < lines; y++) {
    const first = source + load<u32>(starts);
    const endOfWeights = weights + 4 * load<u32>(counts);
    for (let x: usize = 0; x < width; x += VECTOR) {
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      let from = first + x;
      for (let weight = weights; weight < endOfWeights; weight += 4) {
        const factor = v128.load32_splat(weight);
        const pixels = v128.load(from);
        const low = i16x8.extend_low_i8x16_u(pixels);
        const high = i16x8.extend_high_i8x16_u(pixels);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), factor));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), factor));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), factor));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), factor));
        from += line;
      }
      v128.store(target + x, i8x16.narrow_i16x8_u(rounded(a, b), rounded(c, d)));
    }
    starts += 4;
    counts += 4;
    weights += 4 * most;
    target += width;
  }
}

/** Sums that started at a half as words, without their fractions. */
function rounded(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(low, PRECISION), i32x4.shr_s(high, PRECISION));
}
