import { logSoftmax, mul, sum, type Value } from '../graph/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { largest } from '../tensor/largest.js';

/**
 * Mean cross entropy of logits [B, C] against target distributions [B, C]. For label smoothing and mixed labels, see
 * {@link smoothTargets} and {@link mixedTargets}.
 */
export function crossEntropy(logits: Value, targets: Value): Value {
  const [batch] = logits.shape;
  return mul(sum(mul(logSoftmax(logits), targets)), -1 / batch);
}

/** Target distributions [B, C] of labels: 1 − s on the label plus s/C on every class. */
export function smoothTargets(labels: ArrayLike<number | bigint>, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  for (let row = 0; row < labels.length; row++) {
    targets[row * classes + Number(labels[row])] = 1 - smoothing + smoothing / classes;
  }
  return targets;
}

/**
 * Target distributions [B, C] of a batch mixed by mixup or CutMix: λ times the smoothed target of image i plus 1 − λ
 * times that of image B − 1 − i. Rounded to float32 where PyTorch rounds.
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

/** The cross entropy of logits [B, C] with the labels of their first rows, summed over those. */
export function summedLoss({ shape: [, classes], data }: Tensor<'float32'>, labels: BigInt64Array): number {
  let sum = 0;
  for (const [row, label] of labels.entries()) {
    const logits = data.subarray(row * classes, (row + 1) * classes);
    const most = largest(logits);
    sum += most + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0)) - logits[Number(label)];
  }
  return sum;
}

/**
 * Each image's dominant label: its own or, if it was mixed with λ below 1/2, its partner's. Training accuracy is
 * measured against these.
 */
export function dominantLabels(labels: BigInt64Array, lambda = 1): BigInt64Array {
  return lambda >= 0.5 ? labels : labels.toReversed();
}
