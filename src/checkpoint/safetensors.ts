/**
 * The safetensors format: the header length (8 bytes, little-endian), a JSON header `name -> {dtype, shape,
 * data_offsets}` with text pairs under `__metadata__`, then the tensors' little-endian row-major bytes without gaps.
 */
import { UserError } from '../errors.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { writeFileAtomically } from './atomicFile.js';
import { ELEMENT_TYPES, WRITTEN_AS } from './elements.js';
import { FileBytes } from './fileBytes.js';
import { Malformed } from './malformed.js';
import { dataStartOf, LENGTH_BYTES, METADATA, readHeader, type HeaderEntry } from './safetensorsHeader.js';

/** Header and data start at multiples of this many bytes; the header is padded with spaces. */
const ALIGNMENT = 8;
const SPACE = 0x20;

export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a file are not what they should be; the system could read them. */
export class DamagedFile extends UserError {}

/**
 * Reads F32, I64, I32, U8 and BOOL unchanged, and F64, F16 and BF16 as float32. Every tensor has its own buffer. Throws
 * a DamagedFile that names `source` (a file, say) when the bytes are not a valid safetensors file.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  try {
    const { entries, metadata } = readHeader(bytes, bytes.length);
    const tensors = new Map<string, Tensor>();
    for (const entry of entries) {
      const { buffer } = Uint8Array.prototype.slice.call(bytes, entry.begin, entry.end);
      tensors.set(entry.name, tensorOf(entry, buffer));
    }
    return { tensors, metadata };
  } catch (error) {
    throw refusal(source, error);
  }
}

/**
 * The bytes of a file with these tensors. The same names, tensors and metadata give the same bytes in any order:
 * tensors are sorted by element size (largest first, so that all are aligned), then by name; metadata by key.
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, left], [b, right]) => elementBytes(right) - elementBytes(left) || compare(a, b),
  );
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  const fields: [string, unknown][] = texts.length > 0 ? [[METADATA, Object.fromEntries(texts)]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === METADATA) throw new Error(`a tensor cannot be called ${METADATA}`);
    const begin = end;
    end += data.byteLength;
    fields.push([name, { dtype: WRITTEN_AS[dtype], shape, data_offsets: [begin, end] }]);
  }
  if (new Set(fields.map(([name]) => name)).size < fields.length) throw new Error('two tensors have the same name');

  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const dataStart = LENGTH_BYTES + Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(dataStart + end).fill(SPACE, 0, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  bytes.set(header, LENGTH_BYTES);
  let position = dataStart;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file of any size, tensor by tensor; see {@link decodeSafetensors}. Throws another UserError than DamagedFile when
 * it is missing or the system cannot read it.
 */
export async function readSafetensors(file: string): Promise<Safetensors> {
  const bytes = await FileBytes.open(file);
  try {
    const start = await bytes.read(0, Math.min(LENGTH_BYTES, bytes.size));
    const { entries, metadata } = readHeader(await bytes.read(0, dataStartOf(start, bytes.size)), bytes.size);
    const tensors = new Map<string, Tensor>();
    for (const entry of entries) {
      const { buffer } = await bytes.read(entry.begin, entry.end - entry.begin);
      tensors.set(entry.name, tensorOf(entry, buffer));
    }
    return { tensors, metadata };
  } catch (error) {
    throw refusal(file, error);
  } finally {
    await bytes.close();
  }
}

function tensorOf({ element, shape }: HeaderEntry, buffer: ArrayBuffer): Tensor {
  return tensor(element.dtype, shape, element.read(buffer));
}

function refusal(source: string, error: unknown): unknown {
  if (!(error instanceof Malformed)) return error;
  return new DamagedFile(
    `${source} cannot be read as safetensors: ${error.message}; it is damaged or another kind of file.`,
  );
}

/** Writes a file atomically; see {@link encodeSafetensors}. The folder must exist. */
export async function writeSafetensors(
  file: string,
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomically(file, encodeSafetensors(tensors, metadata));
}

function elementBytes({ dtype }: Tensor): number {
  return ELEMENT_TYPES.get(WRITTEN_AS[dtype])?.bytes ?? 1;
}

/** By UTF-16 code units: the same order on every machine, unlike localeCompare. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
