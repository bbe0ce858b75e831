import type { Architecture } from '../family.js';
import type { GlitBackbone } from './backbone.js';
import type { GlitBlock } from './block.js';

/** The released formula assumes 224 pixels and patches of 16. */
const RELEASED_TOKENS = 197;

/**
 * Multiply-adds as GLiT's released code counts them, only for comparison with its published 1.33 G; the true count is
 * `costOf(architecture).macs`. The formula
 *
 * - forgets that the gated unit doubles the output of the first pointwise convolution, so it is E·Dl²·N too low for
 *   every local branch;
 * - assumes 197 tokens for every image and patch size, except in the patch embedding;
 * - is exact for attention blocks at 197 tokens, hence for DeiT.
 */
export function releasedConvention({
  backbone,
  blocks,
}: Pick<Architecture<GlitBackbone, GlitBlock>, 'backbone' | 'blocks'>): number {
  const { imageSize, patchSize, dim, classes } = backbone;
  const embedding = 3 * dim * patchSize ** 2 * (imageSize / patchSize) ** 2;
  return blocks.reduce((sum, block) => sum + releasedBlockConvention(block, backbone), embedding + dim * classes);
}

/** One block's share of {@link releasedConvention}. */
export function releasedBlockConvention(block: GlitBlock, { dim, heads }: Pick<GlitBackbone, 'dim' | 'heads'>): number {
  const { globalHeads, localHeads, kernel = 0, expansion = 0, dkRatio = 0, ffnRatio } = block;
  const tokens = RELEASED_TOKENS;
  const global = (dim * globalHeads) / heads;
  const local = (dim * localHeads) / heads;
  const attention = 4 * global ** 2 * dkRatio * tokens + 2 * tokens ** 2 * global * dkRatio;
  const convolution = (2 * local ** 2 * expansion + local * expansion * kernel) * tokens;
  return attention + convolution + 2 * ffnRatio * dim ** 2 * tokens;
}
