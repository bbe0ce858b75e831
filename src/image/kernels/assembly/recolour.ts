import { BYTES_AT_A_TIME } from '../layout';
import { blend, storeBytes } from './blend';

// What the brightness of a colour has of each channel, in 65536ths.
const RED = 19595;
const GREEN = 38470;
const BLUE = 7471;
const GREY_BITS = 16;

/**
 * Blends `length` pixels of three planes, which begin `plane` bytes apart, with their brightness: grey + factor · (original − grey),
 * cut to bytes. Up to 7 bytes after the last of each plane are read and overwritten.
 */
export function recolour(source: usize, plane: usize, length: usize, factor: f32, target: usize): void {
  const weight = f32x4.splat(factor);
  for (let at: usize = 0; at < length; at += BYTES_AT_A_TIME) {
    const from = source + at;
    const red = v128.load8x8_u(from);
    const green = v128.load8x8_u(from + plane);
    const blue = v128.load8x8_u(from + 2 * plane);
    const low = grey(i32x4.extend_low_i16x8_u(red), i32x4.extend_low_i16x8_u(green), i32x4.extend_low_i16x8_u(blue));
    const high = grey(
      i32x4.extend_high_i16x8_u(red),
      i32x4.extend_high_i16x8_u(green),
      i32x4.extend_high_i16x8_u(blue),
    );
    const to = target + at;
    blendChannel(low, high, red, weight, to);
    blendChannel(low, high, green, weight, to + plane);
    blendChannel(low, high, blue, weight, to + 2 * plane);
  }
}

function grey(red: v128, green: v128, blue: v128): v128 {
  const half = i32x4.splat(1 << (GREY_BITS - 1));
  const redPart = i32x4.mul(red, i32x4.splat(RED));
  const greenPart = i32x4.mul(green, i32x4.splat(GREEN));
  const bluePart = i32x4.mul(blue, i32x4.splat(BLUE));
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.add(half, redPart), greenPart), bluePart), GREY_BITS);
}

function blendChannel(low: v128, high: v128, words: v128, weight: v128, to: usize): void {
  storeBytes(
    to,
    blend(low, i32x4.extend_low_i16x8_u(words), weight),
    blend(high, i32x4.extend_high_i16x8_u(words), weight),
  );
}
