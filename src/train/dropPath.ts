import type { Rng } from '../random/rng.js';

/** The drop-path rate of every block: from 0 at the first linearly to `rate` at the last (timm). */
export function dropPathRates(depth: number, rate: number): readonly number[] {
  return Array.from({ length: depth }, (_, block) => (depth === 1 ? 0 : (rate * block) / (depth - 1)));
}

/**
 * For every residual branch (two a block) the factor of every sample, [2 · depth, B]: 0 with the block's rate, else
 * 1/(1 − rate), so that the expectation stays (Huang et al., stochastic depth).
 */
export function dropPathMask(rates: readonly number[], batch: number, rng: Rng): Float32Array {
  const mask = new Float32Array(rates.length * 2 * batch);
  for (let at = 0; at < mask.length; at++) {
    const keep = 1 - rates[Math.floor(at / (2 * batch))];
    mask[at] = Math.floor(keep + rng.uniform()) / keep;
  }
  return mask;
}
