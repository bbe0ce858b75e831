/** NumPy scalars: checkpoints often store best accuracies and losses this way. They become numbers. */
import { fromHalf } from '../../tensor/half.js';
import { Malformed } from '../malformed.js';
import { Known, NumpyType, type Pickled } from './values.js';

const READERS: ReadonlyMap<string, (view: DataView) => number | bigint | boolean> = new Map<
  string,
  (view: DataView) => number | bigint | boolean
>([
  ['f8', (view) => view.getFloat64(0, true)],
  ['f4', (view) => view.getFloat32(0, true)],
  ['f2', (view) => fromHalf(view.getUint16(0, true))],
  ['i8', (view) => asNumber(view.getBigInt64(0, true))],
  ['i4', (view) => view.getInt32(0, true)],
  ['i2', (view) => view.getInt16(0, true)],
  ['i1', (view) => view.getInt8(0)],
  ['u8', (view) => asNumber(view.getBigUint64(0, true))],
  ['u4', (view) => view.getUint32(0, true)],
  ['u2', (view) => view.getUint16(0, true)],
  ['u1', (view) => view.getUint8(0)],
  ['b1', (view) => view.getUint8(0) !== 0],
]);

/** The globals that build a scalar. */
export const NUMPY_NAMES: readonly (readonly [name: string, value: Known])[] = (
  [
    ['numpy.dtype', typeOf],
    ['numpy.core.multiarray.scalar', scalar],
    ['numpy._core.multiarray.scalar', scalar],
    ['_codecs.encode', encoded],
  ] as const
).map(([name, make]) => [name, new Known(name, make)]);

function typeOf([code]: readonly Pickled[]): Pickled {
  if (typeof code !== 'string' || !READERS.has(code))
    throw new Malformed('its pickle has a NumPy type that is not a number');
  return new NumpyType(code);
}

function scalar([type, bytes]: readonly Pickled[]): Pickled {
  const read = type instanceof NumpyType ? READERS.get(type.code) : undefined;
  const length = type instanceof NumpyType ? Number(type.code.slice(1)) : 0;
  if (read === undefined || !(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw new Malformed('its pickle has a NumPy scalar that is not a number');
  }
  return read(new DataView(bytes.buffer, bytes.byteOffset, length));
}

/** Bytes as old versions of the format store them: a text with one character per byte. */
function encoded([text, encoding]: readonly Pickled[]): Pickled {
  if (typeof text !== 'string' || encoding !== 'latin1')
    throw new Malformed('its pickle has bytes in the wrong encoding');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function asNumber(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
