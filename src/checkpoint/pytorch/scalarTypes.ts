/** PyTorch's element types by name, and the storage classes named after them. */
import { ELEMENT_TYPES } from '../elements.js';
import { ScalarType, StorageClass } from './values.js';

/** Name of the dtype, name of its storage class, its safetensors name where glit reads it, bytes per element. */
const SCALARS: readonly (readonly [
  name: string,
  storage: string | undefined,
  element: string | undefined,
  bytes: number,
])[] = [
  ['float64', 'DoubleStorage', 'F64', 8],
  ['float32', 'FloatStorage', 'F32', 4],
  ['float16', 'HalfStorage', 'F16', 2],
  ['bfloat16', 'BFloat16Storage', 'BF16', 2],
  ['int64', 'LongStorage', 'I64', 8],
  ['int32', 'IntStorage', 'I32', 4],
  ['int16', 'ShortStorage', 'I16', 2],
  ['int8', 'CharStorage', 'I8', 1],
  ['uint8', 'ByteStorage', 'U8', 1],
  ['bool', 'BoolStorage', 'BOOL', 1],
  ['uint16', undefined, 'U16', 2],
  ['uint32', undefined, 'U32', 4],
  ['uint64', undefined, undefined, 8],
  ['complex64', 'ComplexFloatStorage', undefined, 8],
  ['complex128', 'ComplexDoubleStorage', undefined, 16],
];

/** `torch.<name>`. */
export const SCALAR_TYPES: ReadonlyMap<string, ScalarType> = new Map(
  SCALARS.map(([name, , element, bytes]) => [
    name,
    new ScalarType(name, element === undefined ? undefined : ELEMENT_TYPES.get(element), bytes),
  ]),
);

/** `torch.<class>` and `torch.cuda.<class>`. */
export const STORAGE_CLASSES: ReadonlyMap<string, StorageClass> = new Map(
  SCALARS.flatMap(([name, storage]) =>
    storage === undefined ? [] : [[storage, new StorageClass(SCALAR_TYPES.get(name))] as const],
  ),
);

/** A storage of bytes; its tensors state their dtype. */
export const UNTYPED_STORAGE = new StorageClass(undefined);
