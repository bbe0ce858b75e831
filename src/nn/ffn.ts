import { feedForward, reshape, type Value } from '../graph/index.js';
import { sizeOf } from '../tensor/tensor.js';
import { linearVariables } from './linear.js';
import type { Scope } from './scope.js';

/** The feed-forward network: linear to `ratio` times the width, GELU, linear back. Parameters: fc1, fc2. */
export function ffn(scope: Scope, x: Value, ratio: number): Value {
  const dim = x.shape[x.shape.length - 1];
  const rows = reshape(x, [sizeOf(x.shape) / dim, dim]);
  const up = scope.module('fc1', (fc1) => linearVariables(fc1, dim, dim * ratio));
  const down = scope.module('fc2', (fc2) => linearVariables(fc2, dim * ratio, dim));
  return reshape(feedForward(rows, up, down), x.shape);
}
