import { broadcastShapes, formatShape } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import type { TensorType } from '../value.js';

/** The shape rule of an elementwise operator on two tensors: same dtype, shapes broadcast. */
export function inferBroadcast(inputs: readonly TensorType[]): readonly TensorType[] {
  const [a, b] = inputs as readonly [TensorType, TensorType];
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) {
    throw new GraphError(`shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not broadcast`);
  }
  if (a.dtype !== b.dtype) throw new GraphError(`dtypes ${a.dtype} and ${b.dtype} differ`);
  return [{ dtype: a.dtype, shape }];
}

/** The shape rule of an elementwise operator on one tensor. */
export function inferSame(inputs: readonly TensorType[]): readonly TensorType[] {
  return [inputs[0]];
}
