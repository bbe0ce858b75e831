import { conv1d, mul, reshape, sigmoid, split, transpose, type Value } from '../graph/index.js';
import { fanInUniform } from './initializer.js';
import { project } from './linear.js';
import type { Phase } from './phase.js';
import type { Scope } from './scope.js';

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
  const dim = x.shape[2];
  const inner = dim * expansion;
  const [first, gate] = scope.module('net.1', (pointwise) => {
    // The halves of the gated unit as two products: cheaper than cutting the wide result in two.
    const weight = reshape(pointwise.parameter('weight', [2 * inner, dim, 1], fanInUniform(dim)), [2 * inner, dim]);
    const weights = split(weight, 0, [inner, inner]);
    const biases = split(pointwise.parameter('bias', [2 * inner], fanInUniform(dim)), 0, [inner, inner]);
    return weights.map((half, at) => project(x, half, biases[at])); // [B, N, E·D]
  });
  const gated = transpose(mul(first, sigmoid(gate)), [0, 2, 1]); // [B, E·D, N]
  const convolved = scope.module('net.3.conv', (conv) =>
    conv1d(gated, conv.parameter('weight', [inner, 1, kernel], fanInUniform(kernel)), {
      bias: conv.parameter('bias', [inner], fanInUniform(kernel)),
      groups: inner,
      padding: [(kernel - 1) / 2, (kernel - 1) / 2],
    }),
  );
  const normal = scope.module('net.4', (norm) => phase.batchNorm(norm, convolved));
  const active = transpose(mul(normal, sigmoid(normal)), [0, 2, 1]); // [B, N, E·D]
  return scope.module('net.6', (pointwise) => {
    const weight = reshape(pointwise.parameter('weight', [dim, inner, 1], fanInUniform(inner)), [dim, inner]);
    return project(active, weight, pointwise.parameter('bias', [dim], fanInUniform(inner)));
  });
}
