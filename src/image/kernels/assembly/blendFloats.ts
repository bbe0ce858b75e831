import { VECTOR } from '../layout';

/**
 * Blends two arrays of float32, `bytes` long, in place: each becomes `own` times itself plus `rest` times the other. Every product
 * and sum is rounded to float32. Up to 3 floats after the last are overwritten.
 */
export function blendFloats(one: usize, other: usize, bytes: usize, own: f32, rest: f32): void {
  const kept = f32x4.splat(own);
  const taken = f32x4.splat(rest);
  for (let at: usize = 0; at < bytes; at += VECTOR) {
    const a = v128.load(one + at);
    const b = v128.load(other + at);
    v128.store(one + at, f32x4.add(f32x4.mul(a, kept), f32x4.mul(b, taken)));
    v128.store(other + at, f32x4.add(f32x4.mul(b, kept), f32x4.mul(a, taken)));
  }
}
