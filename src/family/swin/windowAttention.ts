import { add, attention, constant, gather, pad, reshape, slice, transpose, type Value } from '../../graph/index.js';
import { truncatedNormal } from '../../nn/initializer.js';
import { linear, WEIGHT_DEVIATION } from '../../nn/linear.js';
import { queriesKeysValues } from '../../nn/queriesKeysValues.js';
import type { Scope } from '../../nn/scope.js';
import { attentionMask, inverse, relativePositions, windowOrder, windowsOf, type Windows } from './windows.js';

/**
 * Multi-head self-attention inside windows with a bias for relative positions, x [B, H, W, C] → [B, H, W, C] (Liu et al.,
 * 2021, sections 3.1 and 3.2). Shifted windows are those of a grid that is rolled up and left. Where windows do not fit,
 * zeros fill the grid up at the right and at the bottom before it is rolled, as in torchvision; they take part.
 *
 * Parameters: relative_position_bias_table, qkv (rows: all queries, all keys, all values), proj.
 */
export function windowAttention(
  scope: Scope,
  x: Value,
  { heads, ...cut }: { readonly heads: number; readonly window: number; readonly shift: number },
): Value {
  const [batch, rows, , dim] = x.shape;
  const windows = windowsOf(rows, cut);
  const { side, window } = windows;
  const [tokens, headWidth, count] = [window * window, dim / heads, (side / window) ** 2];
  const bias = positionBias(scope, windows, heads);
  const order = windowOrder(windows, heads);
  const filled = pad(pad(x, 1, 0, side - rows), 2, 0, side - rows);
  // Rolling, cutting into windows and bringing the heads forward is one gather of each product's result, which ONNX
  // Runtime does with all threads. A roll and transposes move more and run on one: of a training step of Swin-T on one
  // thread they take 8 %, the gathers and what else is moved 6 %.
  const [q, k, v] = scope
    .module('qkv', (qkv) => queriesKeysValues(qkv, filled, dim))
    .map((part) => {
      const places = gather(reshape(part, [batch, side * side * heads, headWidth]), order, { axis: 1 });
      return reshape(places, [batch * count * heads, tokens, headWidth]);
    });
  const results = reshape(attention(q, k, v, headWidth ** -0.5, { bias }), [batch, count * heads * tokens, headWidth]);
  const grid = reshape(gather(results, inverse(order), { axis: 1 }), [batch, side, side, dim]);
  const kept = slice(slice(grid, 1, 0, rows), 2, 0, rows);
  return scope.module('proj', (proj) => linear(proj, kept, dim));
}

/** What attention adds to its scores, [heads, N, N], or where some are masked [windows·heads, N, N]. */
function positionBias(scope: Scope, windows: Windows, heads: number): Value {
  const { window } = windows;
  const tokens = window * window;
  const table = scope.parameter(
    'relative_position_bias_table',
    [(2 * window - 1) ** 2, heads],
    truncatedNormal(WEIGHT_DEVIATION),
    { decay: false },
  );
  const pairs = transpose(gather(table, relativePositions(window)), [1, 0]);
  const bias = reshape(pairs, [heads, tokens, tokens]);
  const mask = attentionMask(windows);
  if (mask === undefined) return bias;
  return reshape(add(bias, constant(mask)), [mask.shape[0] * heads, tokens, tokens]);
}
