import { logSoftmax, mul, sum, type Value } from '../graph/index.js';

/**
 * Mean cross entropy of logits [B, C] against target distributions [B, C]. Label smoothing and mixed labels are ordinary
 * targets, see {@link smoothTargets} and {@link mixedTargets}.
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

/**
 * Target distributions [B, C] of a batch that mixup or CutMix mixed: λ of the smoothed target of image i's own label and
 * 1 − λ of that of image B − 1 − i's. Rounded to float32 where PyTorch rounds.
 */
export function mixedTargets(
  labels: ArrayLike<number | bigint>,
  classes: number,
  smoothing: number,
  lambda: number,
): Float32Array {
  const own = smoothTargets(labels, classes, smoothing);
  const [share, rest] = [Math.fround(lambda), Math.fround(1 - lambda)];
  return own.map((value, at) => {
    const row = Math.floor(at / classes);
    const partner = own[(labels.length - 1 - row) * classes + (at % classes)];
    return Math.fround(value * share) + Math.fround(partner * rest);
  });
}

/**
 * The label that most of each image belongs to: its own, or for an image that was mixed with a λ below 1/2, its partner's.
 * What accuracy is counted against while training.
 */
export function dominantLabels(labels: BigInt64Array, lambda = 1): BigInt64Array {
  return lambda >= 0.5 ? labels : labels.toReversed();
}
