import { add, type Value } from '../../graph/index.js';
import { ffn } from '../../nn/ffn.js';
import { layerNorm } from '../../nn/layerNorm.js';
import type { Phase } from '../../nn/phase.js';
import type { Scope } from '../../nn/scope.js';
import type { SwinBlock } from './block.js';
import { patchMerging } from './patchMerging.js';
import { LAYER_NORM } from './stemAndHead.js';
import { windowAttention } from './windowAttention.js';

/**
 * A block on tokens [B, H, W, C] (Liu et al., 2021, section 3.2), after the patch merging that begins its stage:
 *
 *     h = x + residual(Attention(LN(x)))
 *     y = h + residual(FFN(LN(h)))
 *
 * Parameters: downsample (where patches are merged), norm1, attn, norm2, mlp.
 */
export function swinBlock(scope: Scope, given: Value, block: SwinBlock, phase: Phase): Value {
  const { merge, dim, ffnRatio } = block;
  const x = merge === 1 ? scope.module('downsample', (inner) => patchMerging(inner, given, dim)) : given;
  const normal = scope.module('norm1', (norm) => layerNorm(norm, x, LAYER_NORM));
  scope.tap('norm1', normal);
  const mixed = scope.module('attn', (attn) => windowAttention(attn, normal, block));
  const h = add(x, phase.residual(mixed, 0));
  const wide = scope.module('norm2', (norm) => layerNorm(norm, h, LAYER_NORM));
  const fed = scope.module('mlp', (mlp) => ffn(mlp, wide, ffnRatio));
  return add(h, phase.residual(fed, 1));
}
