import { layerNorm as normalize, type Value } from '../graph/index.js';
import { filled } from './initializer.js';
import type { Scope } from './scope.js';

/** LayerNorm over the last axis, eps 1e-6. Parameters: weight [D], bias [D]. */
export function layerNorm(scope: Scope, x: Value): Value {
  const dim = x.shape[x.shape.length - 1];
  return normalize(x, scope.parameter('weight', [dim], filled(1)), scope.parameter('bias', [dim], filled(0)));
}
