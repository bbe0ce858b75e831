import { logSoftmax, mul, sum, type Value } from '../graph/index.js';

/**
 * Mean cross entropy of logits [B, C] against target distributions [B, C]. Label smoothing and mixed labels are ordinary
 * targets, see {@link smoothTargets}.
 */
export function crossEntropy(logits: Value, targets: Value): Value {
  const [batch] = logits.shape;
  return mul(sum(mul(logSoftmax(logits), targets)), -1 / batch);
}

/** Target distributions [B, C] of labels: 1 − s on the label and s/C spread over all classes. */
export function smoothTargets(labels: ArrayLike<number | bigint>, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  for (let row = 0; row < labels.length; row++) {
    targets[row * classes + Number(labels[row])] = 1 - smoothing + smoothing / classes;
  }
  return targets;
}
