import { reshape, slice, type Value } from '../../graph/index.js';
import { layerNorm } from '../../nn/layerNorm.js';
import { linear } from '../../nn/linear.js';
import type { Scope } from '../../nn/scope.js';

/** The final LayerNorm and the linear head, on the class token: [B, N, D] → logits [B, classes]. Parameters: norm, head. */
export function classifier(scope: Scope, x: Value, classes: number): Value {
  const [batch, , dim] = x.shape;
  // LayerNorm is per token: only the class token's is needed.
  const token = reshape(slice(x, 1, 0, 1), [batch, dim]);
  const normal = scope.module('norm', (norm) => layerNorm(norm, token));
  return scope.module('head', (head) => linear(head, normal, classes));
}
