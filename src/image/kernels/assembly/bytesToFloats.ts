import { BYTES_AT_A_TIME, VECTOR } from '../layout';

/** Converts `length` bytes to float32. Up to 7 bytes after the last are read, and as many floats after the result are overwritten. */
export function bytesToFloats(source: usize, length: usize, target: usize): void {
  for (let at: usize = 0; at < length; at += BYTES_AT_A_TIME) {
    const words = v128.load8x8_u(source + at);
    const to = target + 4 * at;
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words)));
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words)), VECTOR);
  }
}
