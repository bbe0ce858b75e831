import { depthwiseConv1d, gemm, mul, reshape, sigmoid, split, swish, type Value } from '../../graph/index.js';
import { fanInUniform } from '../../nn/initializer.js';
import type { Phase } from '../../nn/phase.js';
import type { Scope } from '../../nn/scope.js';

/**
 * The locality module on the channels of the local heads: x [B, N, D] → [B, N, D] (GLiT, section 3.1; the convolution
 * module of Conformer). Pointwise to 2·E·D, gated linear unit, depthwise convolution of width `kernel` over the token
 * sequence (class token included, zeros at the ends), BatchNorm, Swish, pointwise back to D.
 *
 * Parameters, by their positions in the official module list: net.1, net.3.conv, net.4 (BatchNorm), net.6.
 */
export function localConv(
  scope: Scope,
  x: Value,
  { kernel, expansion }: { readonly kernel: number; readonly expansion: number },
  phase: Phase,
): Value {
  const [batch, tokens, dim] = x.shape;
  const inner = dim * expansion;
  const rows = reshape(x, [batch * tokens, dim]);
  const [first, gate] = scope.module('net.1', (pointwise) => {
    // The halves of the gated unit as two products: cheaper than splitting one wide result.
    const weight = reshape(pointwise.parameter('weight', [2 * inner, dim, 1], fanInUniform(dim)), [2 * inner, dim]);
    const bias = reshape(pointwise.parameter('bias', [2 * inner], fanInUniform(dim)), [2 * inner, 1]);
    const biases = split(bias, 0, [inner, inner]);
    // Channels come first from here on, W·xᵀ: convolution and BatchNorm read them this way, without a transpose.
    return split(weight, 0, [inner, inner]).map((half, at) => gemm(half, rows, { transposeB: true, bias: biases[at] })); // [E·D, B·N]
  });
  const gated = mul(first, sigmoid(gate));
  const [convolved, offset] = scope.module('net.3.conv', (conv) => {
    const weight = reshape(conv.parameter('weight', [inner, 1, kernel], fanInUniform(kernel)), [inner, kernel]);
    const result = depthwiseConv1d(reshape(gated, [inner, batch, tokens], { batchAxis: 1 }), weight);
    const bias = conv.parameter('bias', [inner], fanInUniform(kernel));
    return [reshape(result, [inner, batch * tokens], { batchAxis: 1 }), bias];
  });
  const active = swish(scope.module('net.4', (norm) => phase.batchNorm(norm, convolved, offset))); // [E·D, B·N]
  return scope.module('net.6', (pointwise) => {
    const weight = reshape(pointwise.parameter('weight', [dim, inner, 1], fanInUniform(inner)), [dim, inner]);
    const bias = pointwise.parameter('bias', [dim], fanInUniform(inner));
    return reshape(gemm(active, weight, { transposeA: true, transposeB: true, bias }), [batch, tokens, dim]);
  });
}
