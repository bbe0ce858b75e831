import { gemm, reshape, type Value } from '../graph/index.js';
import { sizeOf } from '../tensor/tensor.js';
import { filled, truncatedNormal } from './initializer.js';
import type { Scope } from './scope.js';

/** The standard deviation of ViT's truncated normal initialization. */
export const WEIGHT_DEVIATION = 0.02;

/** y = x·Wᵀ + b over the last axis: [..., in] → [..., out]. Parameters: weight [out, in], bias [out]. */
export function linear(scope: Scope, x: Value, outputs: number): Value {
  const inputs = x.shape[x.shape.length - 1];
  const { weight, bias } = linearVariables(scope, inputs, outputs);
  return project(x, weight, bias);
}

/** Weight [out, in] and bias [out] of a linear layer. */
export function linearVariables(scope: Scope, inputs: number, outputs: number) {
  return {
    weight: scope.parameter('weight', [outputs, inputs], truncatedNormal(WEIGHT_DEVIATION)),
    bias: scope.parameter('bias', [outputs], filled(0)),
  };
}

/** x·Wᵀ + b over the last axis, for a given weight [out, in] and bias [out]. */
export function project(x: Value, weight: Value, bias: Value): Value {
  const leading = x.shape.slice(0, -1);
  const rows = reshape(x, [sizeOf(leading), x.shape[x.shape.length - 1]]);
  return reshape(gemm(rows, weight, { transposeB: true, bias }), [...leading, weight.shape[0]]);
}
