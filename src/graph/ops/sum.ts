import { int64, sizeOf, type Shape } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { axisOf } from './axis.js';
import { expand } from './expand.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';

export const summation = defineOperator<{ readonly axes: readonly number[]; readonly keepAxes: boolean }>({
  name: 'sum',
  infer: ([{ dtype, shape }], { axes, keepAxes }) => [{ dtype, shape: reduced(shape, axes, keepAxes) }],
  // every summand gets the gradient of its sum
  gradient: ({ inputs: [x], attributes: { axes }, grads: [g] }) => [
    g && expand(reshape(g, reduced(x.shape, axes, true)), x.shape),
  ],
  lower: (emit, { inputs: [x], attributes: { axes, keepAxes } }) =>
    emit.node('ReduceSum', [x, emit.constant(int64([axes.length], axes))], {
      attributes: { keepdims: { int: keepAxes ? 1 : 0 } },
    }),
});

function reduced(shape: Shape, axes: readonly number[], keepAxes: boolean): Shape {
  return shape.flatMap((extent, axis) => (axes.includes(axis) ? (keepAxes ? [1] : []) : [extent]));
}

function axesOf(x: Value, axes: readonly number[] | undefined): readonly number[] {
  return [...new Set(axes?.map((axis) => axisOf('sum', x, axis)) ?? x.shape.keys())];
}

/** The sum over `axes` (all by default). They stay with extent 1 if `keepAxes` is set. */
export function sum(x: Value, axes?: readonly number[], { keepAxes = false } = {}): Value {
  const summed = axesOf(x, axes);
  // ONNX takes an empty list of axes for all of them
  return summed.length === 0 ? x : summation([x], { axes: summed, keepAxes })[0];
}

/** The mean over `axes` (all by default). */
export function mean(x: Value, axes?: readonly number[], { keepAxes = false } = {}): Value {
  const total = sum(x, axes);
  const result = mul(total, sizeOf(total.shape) / sizeOf(x.shape));
  // Kept axes come last: ONNX Runtime is slow at multiplying [.., 1] by a scalar.
  return keepAxes ? reshape(result, reduced(x.shape, axesOf(x, axes), true)) : result;
}
