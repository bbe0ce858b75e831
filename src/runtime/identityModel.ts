/**
 * The smallest ONNX model: `y = Identity(x)` for a tensor of any shape. It moves tensors to and from a GPU, because
 * reading a GPU tensor of onnxruntime-node directly crashes the process.
 */
import type { DType } from '../tensor/tensor.js';

/** The numbers of ONNX's TensorProto.DataType. */
const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

const IR_VERSION = 8;
const OPSET = 13;

/** A protobuf field of fewer than 128 bytes (so that its length is one byte), from bytes, text or a small number. */
function field(number: number, value: readonly number[] | string | number): number[] {
  if (typeof value === 'number') return [number << 3, value];
  const bytes = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
  return [(number << 3) | 2, bytes.length, ...bytes];
}

/** The bytes of the model. Its input type has no shape, so the input may have any rank. */
export function identityModel(dtype: DType): Uint8Array {
  const tensorType = field(1, field(1, ELEMENT_TYPE[dtype])); // TypeProto.tensor_type { elem_type }
  const value = (name: string): number[] => [...field(1, name), ...field(2, tensorType)];
  const node = [...field(1, 'x'), ...field(2, 'y'), ...field(4, 'Identity')];
  const graph = [...field(1, node), ...field(2, 'identity'), ...field(11, value('x')), ...field(12, value('y'))];
  return Uint8Array.from([...field(1, IR_VERSION), ...field(8, field(2, OPSET)), ...field(7, graph)]);
}
