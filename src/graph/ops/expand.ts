import { broadcastShapes, formatShape, sameShape } from '../../tensor/shape.js';
import { int64, type Shape } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';

export const expansion = defineOperator<{ readonly shape: Shape }>({
  name: 'expand',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x.shape, shape) ?? [], shape)) {
      throw new GraphError(`${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  // reverse mode sums the gradient over the broadcast axes
  gradient: ({ grads }) => grads,
  lower: (emit, { inputs: [x], attributes: { shape } }) =>
    emit.node('Expand', [x, emit.constant(int64([shape.length], shape))]),
});

/** Broadcasts `x` to `shape`. */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : expansion([x], { shape })[0];
}
