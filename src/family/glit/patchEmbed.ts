import { add, gemm, pad, reshape, transpose, type Value } from '../../graph/index.js';
import { fanInUniform, truncatedNormal } from '../../nn/initializer.js';
import { WEIGHT_DEVIATION } from '../../nn/linear.js';
import type { Scope } from '../../nn/scope.js';

/**
 * Patch embedding, class token and positions: images [B, 3, H, W] → tokens [B, 1 + H·W/p², D], class token first.
 * The convolution of stride p is a product over cut-out patches. Parameters: patch_embed.proj, cls_token, pos_embed.
 */
export function patchEmbed(
  scope: Scope,
  images: Value,
  { patchSize, dim }: { readonly patchSize: number; readonly dim: number },
): Value {
  const [batch, channels, height, width] = images.shape;
  const [rows, columns] = [height / patchSize, width / patchSize];
  const tokens = rows * columns;
  const fanIn = channels * patchSize * patchSize;
  const cut = transpose(reshape(images, [batch, channels, rows, patchSize, columns, patchSize]), [0, 2, 4, 1, 3, 5]);
  const patches = scope.module('patch_embed.proj', (proj) => {
    const weight = proj.parameter('weight', [dim, channels, patchSize, patchSize], fanInUniform(fanIn));
    const bias = proj.parameter('bias', [dim], fanInUniform(fanIn));
    return gemm(reshape(cut, [batch * tokens, fanIn]), reshape(weight, [dim, fanIn]), { transposeB: true, bias });
  });
  const classToken = scope.parameter('cls_token', [1, 1, dim], truncatedNormal(WEIGHT_DEVIATION), {
    decay: false,
  });
  const positions = scope.parameter('pos_embed', [1, 1 + tokens, dim], truncatedNormal(WEIGHT_DEVIATION), {
    decay: false,
  });
  // The class token is added to an empty first token rather than put in front, so that nothing depends on the batch.
  const table = add(positions, pad(classToken, 1, 0, tokens)); // [1, 1 + N, D]
  return add(pad(reshape(patches, [batch, tokens, dim]), 1, 1, 0), table);
}
