import { gelu, type Value } from '../graph/index.js';
import { linear } from './linear.js';
import type { Scope } from './scope.js';

/** The feed-forward network: linear to `ratio` times the width, GELU, linear back. Parameters: fc1, fc2. */
export function ffn(scope: Scope, x: Value, ratio: number): Value {
  const dim = x.shape[x.shape.length - 1];
  const hidden = gelu(scope.module('fc1', (fc1) => linear(fc1, x, dim * ratio)));
  return scope.module('fc2', (fc2) => linear(fc2, hidden, dim));
}
