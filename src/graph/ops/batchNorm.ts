import { formatShape } from '../../tensor/shape.js';
import { int64, scalar } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { add } from './add.js';
import { div } from './div.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';
import { sqrt } from './sqrt.js';
import { sum } from './sum.js';

export const batchNormalization = defineOperator<{ readonly epsilon: number }>({
  name: 'batchNorm',
  float32Only: true,
  saved: 3,
  infer: ([x, scale, shift]) => {
    const [channels] = x.shape;
    if (x.shape.length !== 2 || [scale, shift].some(({ shape }) => shape.length !== 1 || shape[0] !== channels)) {
      throw new GraphError(
        `scale ${formatShape(scale.shape)} and shift ${formatShape(shift.shape)} do not fit ${formatShape(x.shape)}`,
      );
    }
    const statistic = { dtype: x.dtype, shape: [channels] };
    return [x, statistic, statistic, x];
  },
  // c = x − μ, f = γ/σ, y = f·c + β:  dβ = Σ dy,  dγ = Σ dy·c/σ,  dx = f·dy − c·f·mean(dy·c)/σ² − f·mean(dy)
  gradient: ({ inputs: [x, scale], outputs: [, , variance, centered], attributes: { epsilon }, grads: [g] }) => {
    if (g === undefined) return [];
    const [channels, count] = x.shape;
    const column = (value: Value): Value => reshape(value, [channels, 1]);
    const spread = add(variance, epsilon);
    const total = sum(g, [1]);
    const along = sum(mul(g, centered), [1]);
    const factor = div(scale, sqrt(spread));
    const coefficient = mul(div(mul(factor, along), spread), -1 / count);
    const offset = mul(mul(factor, total), -1 / count);
    return [
      add(add(mul(g, column(factor)), mul(centered, column(coefficient))), column(offset)),
      div(along, sqrt(spread)),
      total,
    ];
  },
  lower: (emit, { inputs: [x, scale, shift], inputTypes: [{ shape }], attributes: { epsilon } }) => {
    const [channels, count] = shape;
    const column = (name: string): string => emit.node('Reshape', [name, emit.constant(int64([2], [channels, 1]))])[0];
    const row = emit.constant(int64([1], [1]));
    const flat = { attributes: { keepdims: { int: 0 } } };
    const [average] = emit.node('ReduceMean', [x, row], flat);
    const [centered] = emit.node('Sub', [x, column(average)]);
    // Two nodes for the sum of squares: the single node is three times slower along one axis.
    const [squares] = emit.node('Mul', [centered, centered]);
    const [variance] = emit.node('Mul', [
      ...emit.node('ReduceSum', [squares, row], flat),
      emit.constant(scalar(1 / count)),
    ]);
    const [spread] = emit.node('Add', [variance, emit.constant(scalar(epsilon))]);
    const [factor] = emit.node('Div', [scale, ...emit.node('Sqrt', [spread])]);
    const [scaled] = emit.node('Mul', [centered, column(factor)]);
    return [...emit.node('Add', [scaled, column(shift)]), average, variance, centered];
  },
});

/**
 * Normalises every row (a channel) of x [C, M] to mean 0 and variance 1 (biased), then scales and shifts it by scale,
 * shift [C]. Returns the result and the rows' means and variances [C], which are for running statistics and carry no
 * gradient.
 */
export function batchNorm(
  x: Value,
  scale: Value,
  shift: Value,
  { epsilon = 1e-5 } = {},
): { readonly result: Value; readonly mean: Value; readonly variance: Value } {
  const [result, mean, variance] = batchNormalization([x, scale, shift], { epsilon });
  return { result, mean, variance };
}
