import type { DType } from '../../tensor/tensor.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';

const ONNX_TYPE: { readonly [D in DType]: number } = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

export const conversion = defineOperator<{ readonly to: DType }>({
  name: 'cast',
  infer: ([{ shape }], { to }) => [{ dtype: to, shape }],
  // only float32 carries gradients, and float32 → float32 is the identity
  gradient: ({ inputs: [x], grads: [g] }) => [x.dtype === 'float32' ? g : undefined],
  lower: (emit, { inputs, attributes: { to } }) =>
    emit.node('Cast', inputs, { attributes: { to: { int: ONNX_TYPE[to] } } }),
});

/** The same values as another dtype. */
export function cast(x: Value, to: DType): Value {
  return conversion([x], { to })[0];
}
