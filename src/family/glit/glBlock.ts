import { add, concat, GraphError, split, type Value } from '../../graph/index.js';
import type { GlitBlock } from './block.js';
import { ffn } from '../../nn/ffn.js';
import { globalAttention } from './globalAttention.js';
import { layerNorm } from '../../nn/layerNorm.js';
import { localConv } from './localConv.js';
import type { Phase } from '../../nn/phase.js';
import type { Scope } from '../../nn/scope.js';

/**
 * A global-local block, x [B, N, D] → [B, N, D] (GLiT, section 3.1):
 *
 *     h = x + residual(concat(Global(LN(x)[.., :Dg]), Local(LN(x)[.., Dg:])))
 *     y = h + residual(FFN(LN(h)))
 *
 * Parameters: norm1, attn (the mixer), norm2, mlp.
 */
export function glBlock(scope: Scope, x: Value, block: GlitBlock, phase: Phase): Value {
  const normal = scope.module('norm1', (norm) => layerNorm(norm, x));
  scope.tap('norm1', normal);
  const mixed = scope.module('attn', (attn) => mixer(attn, normal, block, phase));
  const h = add(x, phase.residual(mixed, 0));
  const wide = scope.module('norm2', (norm) => layerNorm(norm, h));
  return add(
    h,
    phase.residual(
      scope.module('mlp', (mlp) => ffn(mlp, wide, block.ffnRatio)),
      1,
    ),
  );
}

/** The token mixer: attention on the first Dg = D·G/heads channels, convolution on the others, side by side. */
export function mixer(
  scope: Scope,
  x: Value,
  { globalHeads, localHeads, kernel, expansion, dkRatio }: GlitBlock,
  phase: Phase,
): Value {
  const dim = x.shape[2];
  const globalDim = (dim * globalHeads) / (globalHeads + localHeads);
  if (!Number.isInteger(globalDim))
    throw new GraphError(`${dim} channels cannot be shared by ${globalHeads} + ${localHeads} heads`);
  const global = (channels: Value): Value =>
    globalAttention(scope, channels, { heads: globalHeads, dkRatio: given(dkRatio, 'dkRatio') });
  const local = (channels: Value): Value =>
    localConv(scope, channels, { kernel: given(kernel, 'kernel'), expansion: given(expansion, 'expansion') }, phase);
  if (localHeads === 0) return global(x);
  if (globalHeads === 0) return local(x);
  const [first, rest] = split(x, 2, [globalDim, dim - globalDim]);
  return concat([global(first), local(rest)], 2);
}

export function given(value: number | undefined, field: keyof GlitBlock): number {
  if (value === undefined) throw new GraphError(`the block has no ${field}`);
  return value;
}
