import type { Rng } from '../random/rng.js';

/**
 * The drop-path rate of every block, linear from 0 at the first to `rate` at the last. The float32 values match, bit
 * for bit, those that timm gets from PyTorch's `linspace`, which counts up from 0 in the first half and down from
 * `rate` in the second; a vector of 16 belongs to the half that it begins in. (Newer PyTorch decides per element; the
 * two differ in the last bit.) The last block's rate is always exactly `rate`, even if the whole network is one such
 * vector.
 */
export function dropPathRates(depth: number, rate: number): readonly number[] {
  if (depth === 1) return [0];
  const last = Math.fround(rate);
  const step = Math.fround(last / (depth - 1));
  const vectorized = depth - (depth % VECTOR);
  return Array.from({ length: depth }, (_, block) => {
    if (block === depth - 1) return last;
    const start = block < vectorized ? block - (block % VECTOR) : block;
    return Math.fround(start < Math.floor(depth / 2) ? step * block : last - step * (depth - 1 - block));
  });
}

const VECTOR = 16;

/**
 * The factor of every sample in every residual branch, `branches` per block, [branches · depth, B]: 0 with the block's
 * rate, else 1/(1 − rate), which preserves the expectation (Huang et al., stochastic depth).
 */
export function dropPathMask(
  rates: readonly number[],
  { branches, batch }: { readonly branches: number; readonly batch: number },
  rng: Rng,
): Float32Array {
  const mask = new Float32Array(rates.length * branches * batch);
  for (let at = 0; at < mask.length; at++) {
    mask[at] = keepFactor(rates[Math.floor(at / (branches * batch))], rng.uniform());
  }
  return mask;
}

/** The factor of one sample from a uniform number in [0, 1): 0 with probability `rate`, else 1/(1 − rate). */
export function keepFactor(rate: number, uniform: number): number {
  const keep = 1 - rate;
  return Math.floor(keep + uniform) / keep;
}
