/** The element types of checkpoint files, by their safetensors names, and how each is read. */
import type { DType, Storage } from '../tensor/tensor.js';
import { fromHalf } from '../tensor/half.js';

export interface ElementType {
  /** The dtype of the tensor once read. */
  readonly dtype: DType;
  /** Bytes per element in the file. */
  readonly bytes: number;
  /** Decodes the elements; `bytes` must have a buffer of their own. */
  readonly read: (buffer: ArrayBuffer) => Storage[DType];
}

/**
 * The types that can be read. F64, F16 and BF16 become float32: F16 and BF16 exactly, F64 rounded to nearest. Integer
 * types that glit lacks become the next larger one it has. Arrays use the machine's byte order, which is little-endian
 * wherever Node.js and ONNX Runtime run.
 */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['F64', { dtype: 'float32', bytes: 8, read: (buffer) => Float32Array.from(new Float64Array(buffer)) }],
  ['I64', { dtype: 'int64', bytes: 8, read: (buffer) => new BigInt64Array(buffer) }],
  ['F32', { dtype: 'float32', bytes: 4, read: (buffer) => new Float32Array(buffer) }],
  ['I32', { dtype: 'int32', bytes: 4, read: (buffer) => new Int32Array(buffer) }],
  ['F16', { dtype: 'float32', bytes: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer), fromHalf) }],
  ['BF16', { dtype: 'float32', bytes: 2, read: fromBrainFloats }],
  ['U32', { dtype: 'int64', bytes: 4, read: (buffer) => BigInt64Array.from(new Uint32Array(buffer), BigInt) }],
  ['U16', { dtype: 'int32', bytes: 2, read: (buffer) => Int32Array.from(new Uint16Array(buffer)) }],
  ['I16', { dtype: 'int32', bytes: 2, read: (buffer) => Int32Array.from(new Int16Array(buffer)) }],
  ['I8', { dtype: 'int32', bytes: 1, read: (buffer) => Int32Array.from(new Int8Array(buffer)) }],
  ['U8', { dtype: 'uint8', bytes: 1, read: (buffer) => new Uint8Array(buffer) }],
  ['BOOL', { dtype: 'bool', bytes: 1, read: (buffer) => new Uint8Array(buffer).map((byte) => Math.min(byte, 1)) }],
]);

/** How each dtype is written. */
export const WRITTEN_AS: Readonly<Record<DType, string>> = {
  float32: 'F32',
  int64: 'I64',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** A bfloat16 is the upper half of a float32. */
function fromBrainFloats(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}
