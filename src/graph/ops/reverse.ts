import { int64 } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { axisOf } from './axis.js';
import { inferSame } from './broadcast.js';

export const reversal = defineOperator<{ readonly axis: number }>({
  name: 'reverse',
  infer: inferSame,
  gradient: ({ attributes: { axis }, grads: [g] }) => [g && reverse(g, axis)],
  lower: (emit, { inputs: [x], inputTypes: [{ shape }], attributes: { axis } }) =>
    // from the last element down to and including the first: the end lies before any element
    emit.node('Slice', [
      x,
      ...[shape[axis] - 1, -shape[axis] - 1, axis, -1].map((n) => emit.constant(int64([1], [n]))),
    ]),
});

/** The elements along `axis` in reverse order. */
export function reverse(x: Value, axis: number): Value {
  return reversal([x], { axis: axisOf('reverse', x, axis) })[0];
}
