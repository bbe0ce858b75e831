import { formatShape, sameShape, withExtent } from '../../tensor/shape.js';
import { sizeOf } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { gemm } from './gemm.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';
import { sub } from './sub.js';

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
  // c = x − μ, y = γ·c/σ + β, and with g = dy/σ:  dγ = Σ g·c,  dβ = Σ dy,  dx = γ·g − mean(γ·g) − c·mean(γ·g·c)/σ²
  gradient: ({ inputs: [x, scale], outputs: [, center, inverseDeviation], grads: [dy], wanted }) => {
    if (dy === undefined) return [];
    const centered = sub(x, center);
    const g = mul(dy, inverseDeviation);
    const along = mul(g, centered);
    if (!wanted[0]) return [undefined, along, dy];
    // Means of products with γ are matrix-vector products: they read once and write almost nothing.
    const width = scale.shape[0];
    const column = mul(reshape(scale, [width, 1]), 1 / width);
    const meanWithScale = (value: Value): Value =>
      reshape(gemm(reshape(value, [sizeOf(x.shape) / width, width]), column), center.shape);
    const coefficient = mul(meanWithScale(along), mul(inverseDeviation, inverseDeviation));
    return [sub(sub(mul(g, scale), meanWithScale(g)), mul(centered, coefficient)), along, dy];
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
