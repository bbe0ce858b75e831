import { attention, reshape, transpose, type Value } from '../../graph/index.js';
import { linear } from '../../nn/linear.js';
import { queriesKeysValues } from '../../nn/queriesKeysValues.js';
import type { Scope } from '../../nn/scope.js';

/**
 * Multi-head self-attention on the channels of the global heads: x [B, N, D] → [B, N, D] (GLiT, section 3.1).
 *
 * Queries, keys and values are `dkRatio`·D wide (the released code's e_v); the scale is the true width of a head to the
 * power −½. Parameters: qkv (rows: all queries, all keys, all values), proj.
 */
export function globalAttention(
  scope: Scope,
  x: Value,
  { heads, dkRatio }: { readonly heads: number; readonly dkRatio: number },
): Value {
  const [batch, tokens, dim] = x.shape;
  const inner = dim * dkRatio;
  const headWidth = inner / heads;
  // Each is a plain [B, N, h, d] and needs no five-dimensional transpose.
  const [q, k, v] = scope
    .module('qkv', (qkv) => queriesKeysValues(qkv, x, inner))
    .map((part) => {
      const rows = reshape(part, [batch, tokens, heads, headWidth]);
      return reshape(transpose(rows, [0, 2, 1, 3]), [batch * heads, tokens, headWidth]);
    });
  const results = reshape(attention(q, k, v, headWidth ** -0.5), [batch, heads, tokens, headWidth]);
  const mixed = transpose(results, [0, 2, 1, 3]); // [B, N, h, d]
  return scope.module('proj', (proj) => linear(proj, reshape(mixed, [batch, tokens, inner]), dim));
}
