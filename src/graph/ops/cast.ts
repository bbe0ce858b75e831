import { TYPE_NUMBERS } from '../../onnx/graph.js';
import type { DType } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';

export const conversion = defineOperator<{ readonly to: DType }>({
  name: 'cast',
  infer: ([{ shape }], { to }) => [{ dtype: to, shape }],
  // only float32 carries gradients, and float32 → float32 is the identity
  gradient: ({ inputs: [x], grads: [g] }) => [x.dtype === 'float32' ? g : undefined],
  lower: (emit, { inputs, attributes: { to } }) =>
    emit.node('Cast', inputs, { attributes: { to: { int: TYPE_NUMBERS[to] } } }),
});

/** The same values as another dtype. */
export function cast(x: Value, to: DType): Value {
  return conversion([x], { to })[0];
}
