import { formatShape, sameShape } from '../../tensor/shape.js';
import { int64 } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { add } from './add.js';
import { div } from './div.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';
import { sqrt } from './sqrt.js';
import { sub } from './sub.js';
import { channelSum } from './sum.js';

export const imageBatchNormalization = defineOperator<{ readonly epsilon: number }>({
  name: 'batchNorm2d',
  float32Only: true,
  saved: 2,
  infer: ([x, scale, shift]) => {
    const statistic = [x.shape[1]];
    if (x.shape.length !== 4 || [scale, shift].some(({ shape }) => !sameShape(shape, statistic))) {
      throw new GraphError(
        `scale ${formatShape(scale.shape)} and shift ${formatShape(shift.shape)} do not fit ${formatShape(x.shape)}`,
      );
    }
    return [x, { dtype: x.dtype, shape: statistic }, { dtype: x.dtype, shape: statistic }];
  },
  // c = x − μ, f = γ/σ, y = f·c + β:  dβ = Σ dy,  dγ = Σ dy·c/σ,  dx = f·dy − c·f·mean(dy·c)/σ² − f·mean(dy).
  // With x in place of c, Σ dy·c = Σ dy·x − μ·Σ dy: c is neither kept nor computed again.
  gradient: ({ inputs: [x, scale], outputs: [, mean, variance], attributes: { epsilon }, grads: [g], wanted }) => {
    if (g === undefined) return [];
    const [batch, channels, height, width] = x.shape;
    const count = batch * height * width;
    const perChannel = (value: Value): Value => reshape(value, [channels, 1, 1]);
    const deviation = sqrt(add(variance, epsilon));
    const total = channelSum(g);
    const along = div(sub(channelSum(mul(g, x)), mul(mean, total)), deviation);
    const dx = (): Value => {
      const factor = div(scale, deviation);
      const slope = mul(div(mul(factor, along), deviation), -1 / count);
      const level = sub(mul(mul(factor, total), -1 / count), mul(slope, mean));
      return add(add(mul(g, perChannel(factor)), mul(x, perChannel(slope))), perChannel(level));
    };
    return [wanted[0] ? dx() : undefined, along, total];
  },
  lower: (emit, { inputs: [x, scale, shift], inputTypes: [{ shape }], attributes: { epsilon } }) => {
    const flat = { attributes: { keepdims: { int: 0 } } };
    const channelMean = (of: string): readonly string[] => {
      // in two nodes, as in `channelSum`
      const ofImages = emit.node('ReduceMean', [of, emit.constant(int64([2], [2, 3]))], flat);
      return emit.node('ReduceMean', [...ofImages, emit.constant(int64([1], [0]))], flat);
    };
    const [mean] = channelMean(x);
    const column = emit.constant(int64([3], [shape[1], 1, 1]));
    const [centered] = emit.node('Sub', [x, ...emit.node('Reshape', [mean, column])]);
    const [variance] = channelMean(emit.node('Mul', [centered, centered])[0]);
    // One pass over x that takes the statistics as they are.
    const result = emit.node('BatchNormalization', [x, scale, shift, mean, variance], {
      attributes: { epsilon: { float: epsilon } },
    });
    return [...result, mean, variance];
  },
});

/**
 * Normalises every channel of x [B, C, H, W] over the batch and its pixels to mean 0 and variance 1 (biased), then scales
 * and shifts it by scale, shift [C]. Returns the result and, for running statistics and without gradient, the channels'
 * means and variances [C].
 */
export function batchNorm2d(
  x: Value,
  scale: Value,
  shift: Value,
  { epsilon = 1e-5 } = {},
): { readonly result: Value; readonly mean: Value; readonly variance: Value } {
  const [result, mean, variance] = imageBatchNormalization([x, scale, shift], { epsilon });
  return { result, mean, variance };
}
