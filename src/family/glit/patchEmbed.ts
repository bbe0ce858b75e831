import { add, pad, reshape, type Value } from '../../graph/index.js';
import { truncatedNormal } from '../../nn/initializer.js';
import { WEIGHT_DEVIATION } from '../../nn/linear.js';
import { patchRows } from '../../nn/patches.js';
import type { Scope } from '../../nn/scope.js';

/**
 * Patch embedding, class token and positions: images [B, 3, H, W] → tokens [B, 1 + H·W/p², D], class token first.
 * Parameters: patch_embed.proj, cls_token, pos_embed.
 */
export function patchEmbed(
  scope: Scope,
  images: Value,
  { patchSize, dim }: { readonly patchSize: number; readonly dim: number },
): Value {
  const [batch, , height, width] = images.shape;
  const tokens = (height / patchSize) * (width / patchSize);
  const patches = scope.module('patch_embed.proj', (proj) => patchRows(proj, images, { patchSize, dim }));
  const classToken = scope.parameter('cls_token', [1, 1, dim], truncatedNormal(WEIGHT_DEVIATION), {
    decay: false,
  });
  const positions = scope.parameter('pos_embed', [1, 1 + tokens, dim], truncatedNormal(WEIGHT_DEVIATION), {
    decay: false,
  });
  // Add the class token to an empty first token instead of prepending it, so that nothing depends on the batch.
  const table = add(positions, pad(classToken, 1, 0, tokens)); // [1, 1 + N, D]
  return add(pad(reshape(patches, [batch, tokens, dim]), 1, 1, 0), table);
}
