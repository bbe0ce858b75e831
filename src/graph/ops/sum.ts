import { float32, int64, sizeOf, type Shape } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Emitter, Value } from '../value.js';
import { axisOf } from './axis.js';
import { expand } from './expand.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';

export const summation = defineOperator<{ readonly axes: readonly number[]; readonly keepAxes: boolean }>({
  name: 'sum',
  infer: ([{ dtype, shape }], { axes, keepAxes }) => [{ dtype, shape: reduced(shape, axes, keepAxes) }],
  // every summand gets the sum's gradient
  gradient: ({ inputs: [x], attributes: { axes }, grads: [g] }) => [
    g && expand(reshape(g, reduced(x.shape, axes, true)), x.shape),
  ],
  lower: (
    emit,
    { inputs: [x], inputTypes: [{ dtype, shape }], outputTypes: [result], attributes: { axes, keepAxes } },
  ) => {
    const leading = axes.length < shape.length && axes.every((axis) => axis < axes.length);
    if (!leading || emit.freeBatch || dtype !== 'float32') return reduceSum(emit, x, axes, keepAxes);
    return [
      reshaped(emit, sumOfRows(emit, x, sizeOf(shape.slice(0, axes.length)), sizeOf(result.shape)), result.shape),
    ];
  },
});

/**
 * The sum over the rows of x [rows, columns], of any shape with as many elements: [columns]. As in the gradient of a bias.
 *
 * Two stages: sum parts, then the sums. In one stage ONNX Runtime's threads write to the same cache lines: [4160, 48] → [48] takes
 * 124 µs with two threads, 28 with one; in two stages 24. The first is a product with ones, which ONNX Runtime computes faster than a sum
 * (DeiT-Tiny's step: 475 → 460 ms), and up to which OpenVINO uses bfloat16 (320 → 249 ms): it keeps float32 between its last
 * products and the outputs, and with sums that would be the whole gradient between two layers.
 */
function sumOfRows(emit: Emitter, x: string, rows: number, columns: number): string {
  // About as many parts as rows in one.
  let parts = Math.max(1, Math.floor(Math.sqrt(rows)));
  while (rows % parts !== 0) parts--;
  const each = rows / parts;
  const ones = emit.constant(float32([1, 1, each], new Float32Array(each).fill(1)));
  const [sums] = emit.node('MatMul', [ones, reshaped(emit, x, [parts, each, columns])]);
  return reduceSum(emit, sums, [0], false)[0];
}

function reduceSum(emit: Emitter, x: string, axes: readonly number[], keepAxes: boolean): readonly string[] {
  return emit.node('ReduceSum', [x, emit.constant(int64([axes.length], axes))], {
    attributes: { keepdims: { int: keepAxes ? 1 : 0 } },
  });
}

function reshaped(emit: Emitter, x: string, shape: Shape): string {
  return emit.node('Reshape', [x, emit.constant(int64([shape.length], shape))])[0];
}

function reduced(shape: Shape, axes: readonly number[], keepAxes: boolean): Shape {
  return shape.flatMap((extent, axis) => (axes.includes(axis) ? (keepAxes ? [1] : []) : [extent]));
}

function axesOf(x: Value, axes: readonly number[] | undefined): readonly number[] {
  return [...new Set(axes?.map((axis) => axisOf('sum', x, axis)) ?? x.shape.keys())];
}

/** The sum over `axes` (default: all). With `keepAxes` they stay with extent 1. */
export function sum(x: Value, axes?: readonly number[], { keepAxes = false } = {}): Value {
  const summed = axesOf(x, axes);
  // in ONNX, an empty list of axes means all
  return summed.length === 0 ? x : summation([x], { axes: summed, keepAxes })[0];
}

/** The mean over `axes` (default: all). */
export function mean(x: Value, axes?: readonly number[], { keepAxes = false } = {}): Value {
  const total = sum(x, axes);
  const result = mul(total, sizeOf(total.shape) / sizeOf(x.shape));
  // Kept axes come last: ONNX Runtime is slow at multiplying [.., 1] by a scalar.
  return keepAxes ? reshape(result, reduced(x.shape, axesOf(x, axes), true)) : result;
}

/**
 * The sum of every channel of x [B, C, H, W] over the batch and its pixels: [C]. Two nodes, since ONNX Runtime takes twice
 * as long for all three axes at once: [16, 512, 28, 28] on one thread 2.2 → 0.9 ms.
 */
export function channelSum(x: Value): Value {
  return sum(sum(x, [2, 3]), [0]);
}
