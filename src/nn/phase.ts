import { UserError } from '../errors.js';
import { add, batchNorm, batchNorm2d, conv2d, div, mul, reshape, sqrt, sub, type Value } from '../graph/index.js';
import { filled } from './initializer.js';
import type { Scope } from './scope.js';

/** A convolution without bias: x [B, C, H, W], weight [O, C / groups, kh, kw]. */
export interface Convolution {
  readonly x: Value;
  readonly weight: Value;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

/** What modules do differently in training and evaluation, which are two builds of the same module. */
export interface Phase {
  /** BatchNorm1d of x + offset, x [C, B·N] and offset [C], over batch and tokens, eps 1e-5, with scale and shift. */
  batchNorm(scope: Scope, x: Value, offset: Value): Value;
  /** BatchNorm2d of a convolution's result [B, O, h, w], over batch and pixels, eps 1e-5, with scale and shift. */
  batchNorm2d(scope: Scope, convolution: Convolution): Value;
  /** The contribution of residual branch number `branch` of a block; x is [B, …]. */
  residual(x: Value, branch: number): Value;
}

/** Running statistics; every residual branch is kept. */
export const evaluation: Phase = {
  batchNorm(scope, x, offset) {
    const [channels] = x.shape;
    const { mean, bias, factor } = runningFactor(scope, channels);
    const shift = add(bias, mul(sub(offset, mean), factor));
    return add(mul(x, reshape(factor, [channels, 1])), reshape(shift, [channels, 1]));
  },
  // Folded into the weights, which are smaller than the result: no pass over the result.
  batchNorm2d(scope, { x, weight, ...steps }) {
    const [channels] = weight.shape;
    const { mean, bias, factor } = runningFactor(scope, channels);
    const scaled = mul(weight, reshape(factor, [channels, 1, 1, 1]));
    return conv2d(x, scaled, { ...steps, bias: sub(bias, mul(mean, factor)) });
  },
  residual: (x) => x,
};

export interface TrainingInputs {
  /** How far running statistics move towards the batch's, a scalar; PyTorch's default is 0.1. */
  readonly momentum: Value;
  /** For each residual branch, the factor of every sample, [B]: 0 (dropped) or 1/(1 − rate). Default: no drop path. */
  readonly keep?: readonly Value[];
}

/** Batch statistics, which also update the running ones, and stochastic depth. */
export function training({ momentum, keep }: TrainingInputs): Phase {
  const remember = (scope: Scope, running: Statistics, batch: Statistics & { readonly count: number }): void => {
    if (batch.count === 1) {
      throw new UserError(
        'a BatchNorm sees one value of each channel, which has no variance: use batches of two or more, or larger images',
      );
    }
    // In this form a momentum of 1 gives the batch's statistics to the last bit, whatever finite numbers were there before.
    const rest = sub(1, momentum);
    const move = (from: Value, to: Value): Value => add(to, mul(sub(from, to), rest));
    scope.update('running_mean', move(running.mean, batch.mean));
    // PyTorch normalises with the biased variance and records the unbiased one.
    scope.update('running_var', move(running.variance, mul(batch.variance, batch.count / (batch.count - 1))));
  };
  return {
    batchNorm(scope, x, offset) {
      const [channels, count] = x.shape;
      const running = batchNormVariables(scope, channels);
      // The offset only changes the recorded mean.
      const { result, mean, variance } = batchNorm(x, running.weight, running.bias, { epsilon: BATCH_NORM_EPSILON });
      remember(scope, running, { mean: add(mean, offset), variance, count });
      return result;
    },
    batchNorm2d(scope, { x, weight, ...steps }) {
      const convolved = conv2d(x, weight, steps);
      const [batch, channels, height, width] = convolved.shape;
      const running = batchNormVariables(scope, channels);
      const { result, mean, variance } = batchNorm2d(convolved, running.weight, running.bias, {
        epsilon: BATCH_NORM_EPSILON,
      });
      remember(scope, running, { mean, variance, count: batch * height * width });
      return result;
    },
    residual: (x, branch) =>
      keep === undefined ? x : mul(x, reshape(keep[branch], [x.shape[0], ...x.shape.slice(1).map(() => 1)])),
  };
}

/** Per channel, [C]. */
interface Statistics {
  readonly mean: Value;
  readonly variance: Value;
}

const BATCH_NORM_EPSILON = 1e-5;

function batchNormVariables(scope: Scope, channels: number) {
  return {
    weight: scope.parameter('weight', [channels], filled(1)),
    bias: scope.parameter('bias', [channels], filled(0)),
    mean: scope.buffer('running_mean', [channels], filled(0)),
    variance: scope.buffer('running_var', [channels], filled(1)),
  };
}

/** Running mean and shift [C], and each channel's factor in evaluation, [C]. */
function runningFactor(scope: Scope, channels: number) {
  const { mean, variance, weight, bias } = batchNormVariables(scope, channels);
  return { mean, bias, factor: div(weight, sqrt(add(variance, BATCH_NORM_EPSILON))) };
}
