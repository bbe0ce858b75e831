import { gemm, pad, reshape, transpose, type Value } from '../../graph/index.js';
import { truncatedNormal } from '../../nn/initializer.js';
import { layerNorm } from '../../nn/layerNorm.js';
import { WEIGHT_DEVIATION } from '../../nn/linear.js';
import type { Scope } from '../../nn/scope.js';
import { LAYER_NORM } from './stemAndHead.js';

/**
 * Patches merged 2 × 2, x [B, H, W, C] → [B, H/2, W/2, dim] (Liu et al., 2021, section 3.1): the four of each square side by
 * side, upper left, lower left, upper right, lower right, LayerNorm, and a linear layer without bias. An odd grid is filled
 * up with zeros. Parameters: norm, reduction.
 */
export function patchMerging(scope: Scope, x: Value, dim: number): Value {
  const [batch, given, , channels] = x.shape;
  const rows = Math.ceil(given / 2);
  const even = pad(pad(x, 1, 0, 2 * rows - given), 2, 0, 2 * rows - given);
  const squares = transpose(reshape(even, [batch, rows, 2, rows, 2, channels]), [0, 1, 3, 4, 2, 5]);
  const merged = reshape(squares, [batch * rows * rows, 4 * channels]);
  const normal = scope.module('norm', (norm) => layerNorm(norm, merged, LAYER_NORM));
  const reduced = scope.module('reduction', (reduction) => {
    const weight = reduction.parameter('weight', [dim, 4 * channels], truncatedNormal(WEIGHT_DEVIATION));
    return gemm(normal, weight, { transposeB: true });
  });
  return reshape(reduced, [batch, rows, rows, dim]);
}
