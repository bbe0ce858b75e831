import { gemm, reshape, transpose, type Value } from '../graph/index.js';
import { fanInUniform } from './initializer.js';
import type { Scope } from './scope.js';

/**
 * A linear layer on each patch of an image, images [B, C, H, W] → [B·H/p·W/p, dim], patches row by row: a convolution
 * with kernel and stride p as one product over the patches. Parameters: weight [dim, C, p, p], bias [dim].
 */
export function patchRows(
  scope: Scope,
  images: Value,
  { patchSize, dim }: { readonly patchSize: number; readonly dim: number },
): Value {
  const [batch, channels, height, width] = images.shape;
  const [rows, columns] = [height / patchSize, width / patchSize];
  const fanIn = channels * patchSize * patchSize;
  const cut = transpose(reshape(images, [batch, channels, rows, patchSize, columns, patchSize]), [0, 2, 4, 1, 3, 5]);
  const weight = scope.parameter('weight', [dim, channels, patchSize, patchSize], fanInUniform(fanIn));
  const bias = scope.parameter('bias', [dim], fanInUniform(fanIn));
  return gemm(reshape(cut, [batch * rows * columns, fanIn]), reshape(weight, [dim, fanIn]), { transposeB: true, bias });
}
