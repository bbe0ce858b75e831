import type { Rng } from '../random/rng.js';

/**
 * The drop-path rate of every block: from 0 at the first linearly to `rate` at the last, in float32 as timm takes them
 * from PyTorch's `linspace`, bit for bit as recorded: that counts up from 0 in the first half and down from `rate` in the
 * second, where a vector of 16 belongs to the half that it begins in. (Newer PyTorch goes by the block alone; the two differ
 * in the last bit.) The last block's rate is `rate` itself, also where a whole network is one such vector.
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
 * For every residual branch, `branches` per block, the factor of every sample, [branches · depth, B]: 0 with the block's
 * rate, else 1/(1 − rate), so that the expectation stays (Huang et al., stochastic depth).
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

/** The factor of one sample from a uniform number of [0, 1): 0 for `rate` of them, else 1/(1 − rate). */
export function keepFactor(rate: number, uniform: number): number {
  const keep = 1 - rate;
  return Math.floor(keep + uniform) / keep;
}
