/**
 * The safetensors format: the header length (8 bytes, little-endian), a JSON header `name -> {dtype, shape,
 * data_offsets}` with text pairs under `__metadata__`, then the tensors' little-endian row-major bytes without gaps.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { writeFileAtomically } from './atomicFile.js';
import { ELEMENT_TYPES, WRITTEN_AS } from './elements.js';
import { LENGTH_BYTES, METADATA, readHeader } from './safetensorsHeader.js';

/** Header and data start at multiples of this many bytes; the header is padded with spaces. */
const ALIGNMENT = 8;
const SPACE = 0x20;

export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads F32, I64, I32, U8 and BOOL unchanged, and F64, F16 and BF16 as float32. Every tensor has its own buffer. Throws
 * a UserError that names `source` (a file, say) when the bytes are not a valid safetensors file.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  try {
    const { entries, metadata } = readHeader(bytes);
    const tensors = new Map<string, Tensor>();
    for (const { name, element, shape, begin, end } of entries) {
      const { buffer } = Uint8Array.prototype.slice.call(bytes, begin, end);
      tensors.set(name, tensor(element.dtype, shape, element.read(buffer)));
    }
    return { tensors, metadata };
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error);
    throw new UserError(`${source} cannot be read as safetensors: ${fact}; it is damaged or another kind of file.`);
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

/** Reads a file; see {@link decodeSafetensors}. Throws a UserError when it is missing or cannot be opened. */
export async function readSafetensors(file: string): Promise<Safetensors> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new UserError(
        `${file} has more than 2 GiB, and glit's networks have less; give the weights of one of them`,
      );
    }
    const fact = code === 'ENOENT' ? 'there is no such file' : error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} cannot be read: ${fact}.`);
  }
  return decodeSafetensors(bytes, file);
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
