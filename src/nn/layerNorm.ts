import { layerNorm as normalize, type Value } from '../graph/index.js';
import { filled } from './initializer.js';
import type { Scope } from './scope.js';

/** LayerNorm over the last axis. Parameters: weight [D], bias [D]. */
export function layerNorm(scope: Scope, x: Value, { epsilon = 1e-6 } = {}): Value {
  const dim = x.shape[x.shape.length - 1];
  const [weight, bias] = [scope.parameter('weight', [dim], filled(1)), scope.parameter('bias', [dim], filled(0))];
  return normalize(x, weight, bias, { epsilon });
}
