import { formatShape, sameShape } from '../../tensor/shape.js';
import { int64, sizeOf, type Shape } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';

export const reshaping = defineOperator<{ readonly shape: Shape; readonly batchAxis: number }>({
  name: 'reshape',
  view: true,
  infer: ([x], { shape }) => {
    if (shape.some((extent) => extent < 0)) throw new GraphError(`${formatShape(shape)} is not a shape`);
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new GraphError(
        `${formatShape(x.shape)} has ${sizeOf(x.shape)} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs: [x], grads: [g] }) => [g && reshape(g, x.shape)],
  lower: (emit, { inputs: [x], attributes: { shape, batchAxis } }) => {
    // With a free batch dimension, ONNX infers the extent that contains the batch.
    const target = emit.freeBatch ? shape.map((extent, axis) => (axis === batchAxis ? -1 : extent)) : shape;
    return emit.node('Reshape', [x, emit.constant(int64([target.length], target))]);
  },
});

/** The same elements, in row-major order, in another shape; the batch is part of the extent at `batchAxis`. */
export function reshape(x: Value, shape: Shape, { batchAxis = 0 } = {}): Value {
  return sameShape(x.shape, shape) ? x : reshaping([x], { shape, batchAxis })[0];
}
