/** Writes weights as training scripts do, so that `torch.load` can read them. */
import type { DType, Tensor } from '../../tensor/tensor.js';
import { storedZip, type ZipEntry } from './storedZip.js';

const STORAGES: Readonly<Record<DType, string>> = {
  float32: 'FloatStorage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

/**
 * The bytes of a checkpoint `{ 'model': OrderedDict }` with these tensors, in order, in the zip format. Throws a
 * RangeError from 4 GiB on. The same tensors give the same bytes.
 */
export function encodePytorch(tensors: Iterable<readonly [string, Tensor]>): Uint8Array {
  const pickle = new PickleWriter();
  const storages: ZipEntry[] = [];
  pickle.code(0x80).byte(2); // PROTO
  pickle.code(0x7d).text('model'); // EMPTY_DICT
  pickle.orderedDict().code(0x28); // MARK
  for (const [name, { dtype, shape, data }] of tensors) {
    const key = String(storages.length);
    pickle.text(name).global('torch._utils', '_rebuild_tensor_v2').code(0x28);
    pickle.code(0x28).text('storage').global('torch', STORAGES[dtype]).text(key).text('cpu').integer(data.length);
    pickle.code(0x74).code(0x51).integer(0); // TUPLE, BINPERSID, offset
    pickle.integers(shape).integers(stridesOf(shape));
    pickle.code(0x89).orderedDict().code(0x74).code(0x52); // NEWFALSE, TUPLE, REDUCE
    storages.push({ name: `archive/data/${key}`, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  }
  pickle.code(0x75).code(0x73).code(0x2e); // SETITEMS, SETITEM, STOP
  return storedZip([
    { name: 'archive/data.pkl', data: pickle.bytes() },
    { name: 'archive/byteorder', data: new TextEncoder().encode('little') },
    ...storages,
    { name: 'archive/version', data: new TextEncoder().encode('3\n') },
  ]);
}

/** Row-major strides, in elements. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * Math.max(1, shape[axis + 1]);
  return strides;
}

/** A sequence of pickle instructions. */
class PickleWriter {
  readonly #parts: Uint8Array[] = [];

  code(instruction: number): this {
    return this.byte(instruction);
  }

  byte(value: number): this {
    this.#parts.push(Uint8Array.of(value));
    return this;
  }

  /** BINUNICODE */
  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    const head = Buffer.alloc(5);
    head.writeUInt8(0x58);
    head.writeUInt32LE(encoded.length, 1);
    this.#parts.push(head, encoded);
    return this;
  }

  /** LONG1 of 8 bytes: large enough for every integer that describes a tensor. */
  integer(value: number): this {
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(0x8a);
    bytes.writeUInt8(8, 1);
    bytes.writeBigInt64LE(BigInt(value), 2);
    this.#parts.push(bytes);
    return this;
  }

  /** A tuple. */
  integers(values: readonly number[]): this {
    this.code(0x28);
    for (const value of values) this.integer(value);
    return this.code(0x74);
  }

  /** GLOBAL */
  global(module: string, name: string): this {
    this.#parts.push(new TextEncoder().encode(`c${module}\n${name}\n`));
    return this;
  }

  /** An empty OrderedDict. */
  orderedDict(): this {
    return this.global('collections', 'OrderedDict').code(0x29).code(0x52); // EMPTY_TUPLE, REDUCE
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
