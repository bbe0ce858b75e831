import { mean, type Value } from '../../graph/index.js';
import { fanInUniform } from '../../nn/initializer.js';
import { project } from '../../nn/linear.js';
import type { Scope } from '../../nn/scope.js';

/** The mean over all pixels and a linear layer: [B, C, H, W] → logits [B, classes]. Parameters: fc. */
export function pooledClassifier(scope: Scope, x: Value, classes: number): Value {
  const [, channels] = x.shape;
  const pooled = mean(x, [2, 3]);
  return scope.module('fc', (fc) => {
    const weight = fc.parameter('weight', [classes, channels], fanInUniform(channels));
    const bias = fc.parameter('bias', [classes], fanInUniform(channels));
    return project(pooled, weight, bias);
  });
}
