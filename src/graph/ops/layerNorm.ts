import { formatShape, sameShape, withExtent } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { mean } from './sum.js';

export const layerNormalization = defineOperator<{ readonly epsilon: number }>({
  name: 'layerNorm',
  float32Only: true,
  saved: 2,
  infer: ([x, scale, shift]) => {
    const last = x.shape.length - 1;
    if (!sameShape(scale.shape, [x.shape[last]]) || !sameShape(shift.shape, scale.shape)) {
      throw new GraphError(
        `scale ${formatShape(scale.shape)} and shift ${formatShape(shift.shape)} do not fit ${formatShape(x.shape)}`,
      );
    }
    const statistic = { dtype: x.dtype, shape: withExtent(x.shape, last, 1) };
    return [x, statistic, statistic];
  },
  // x̂ = (x − μ)/σ, y = γ·x̂ + β:  dγ = Σ dy·x̂,  dβ = Σ dy,  dx = (h − mean(h) − x̂·mean(h·x̂))/σ  with h = γ·dy
  gradient: ({ inputs: [x, scale], outputs: [, center, inverseDeviation], grads: [g], wanted }) => {
    if (g === undefined) return [];
    const normal = mul(sub(x, center), inverseDeviation);
    const weighted = mul(g, normal);
    const last = [x.shape.length - 1];
    const h = mul(g, scale);
    const along = mean(mul(weighted, scale), last, { keepAxes: true });
    const level = mean(h, last, { keepAxes: true });
    const dx = wanted[0] ? mul(sub(sub(h, level), mul(normal, along)), inverseDeviation) : undefined;
    return [dx, wanted[1] ? weighted : undefined, wanted[2] ? g : undefined];
  },
  lower: (emit, { inputs, attributes: { epsilon }, used }) => {
    const outputs = used[1] || used[2] ? 3 : 1;
    return emit.node('LayerNormalization', inputs, { attributes: { epsilon: { float: epsilon } }, outputs });
  },
});

/** Normalises the last axis to mean 0 and variance 1 (biased), then scales and shifts it by scale, shift [D]. */
export function layerNorm(x: Value, scale: Value, shift: Value, { epsilon = 1e-6 } = {}): Value {
  return layerNormalization([x, scale, shift], { epsilon })[0];
}
