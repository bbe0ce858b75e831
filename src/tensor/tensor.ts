/** The element types of glit's graphs, by ONNX-independent names. */
export type DType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** Extents, outermost first; a scalar is `[]`. */
export type Shape = readonly number[];

/** The typed array of a dtype. `bool` is one byte per element, 0 or 1. */
export interface Storage {
  float32: Float32Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** A host tensor: row-major data and its shape. Only its owner may write the data after construction. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: Storage[D];
}

/** Whether a tensor's data is in memory shared by threads. */
export function isShared({ data }: Tensor): boolean {
  return !(data.buffer instanceof ArrayBuffer);
}

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

const STORAGE: { readonly [D in DType]: new (size: number) => Storage[D] } = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Wraps `data` without copying. Throws a RangeError when its length does not fit the shape. */
export function tensor<D extends DType>(dtype: D, shape: Shape, data: Storage[D]): Tensor<D> {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `a ${dtype} tensor of shape [${shape.join(', ')}] has ${sizeOf(shape)} elements, got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/** A tensor of zeros. */
export function zeros<D extends DType>(dtype: D, shape: Shape): Tensor<D> {
  return { dtype, shape, data: new STORAGE[dtype](sizeOf(shape)) };
}

/** A float32 tensor from numbers in row-major order. */
export function float32(shape: Shape, values: ArrayLike<number>): Tensor<'float32'> {
  return tensor('float32', shape, Float32Array.from(values));
}

/** An int64 tensor from integers in row-major order. */
export function int64(shape: Shape, values: readonly number[]): Tensor<'int64'> {
  return tensor('int64', shape, BigInt64Array.from(values, BigInt));
}

/** A float32 scalar. */
export function scalar(value: number): Tensor<'float32'> {
  return float32([], [value]);
}
