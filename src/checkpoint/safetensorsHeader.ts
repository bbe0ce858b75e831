/** Reads the header of a safetensors file and trusts nothing in it. */
import { show } from '../errors.js';
import { ELEMENT_TYPES, type ElementType } from './elements.js';
import { duplicateKey, nestsDeeper } from './jsonKeys.js';
import { Malformed } from './malformed.js';

/** The first bytes of the file: the header's length as an unsigned 64-bit number. */
export const LENGTH_BYTES = 8;
/** The longest header that any implementation of the format accepts. */
const LONGEST_HEADER = 100_000_000;
/** A shape is three levels deep. JSON of millions of levels would take gigabytes to read. */
const DEEPEST = 8;
/** The name of the text pairs; not a tensor. */
export const METADATA = '__metadata__';

/** One tensor of a file; `begin` and `end` are byte positions in the file. */
export interface HeaderEntry {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the data begin in a file that begins with `start`: `LENGTH_BYTES`, if it has so many. Throws Malformed. */
export function dataStartOf(start: Uint8Array, fileLength: number): number {
  if (fileLength < LENGTH_BYTES)
    throw new Malformed(`it has ${fileLength} bytes, fewer than the header's length takes`);
  const claimed = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const room = Math.min(LONGEST_HEADER, fileLength - LENGTH_BYTES);
  if (claimed > room) throw new Malformed(`it claims a header of ${claimed} bytes where at most ${room} are possible`);
  return LENGTH_BYTES + Number(claimed);
}

/** Reads and checks the header of a file that begins with `start`, all bytes before the data. Throws Malformed. */
export function readHeader(start: Uint8Array, fileLength: number): Header {
  const dataStart = dataStartOf(start, fileLength);
  const fields = parseObject(start.subarray(LENGTH_BYTES, dataStart));
  const metadata = readMetadata(fields.get(METADATA));
  fields.delete(METADATA);
  const entries = [...fields].map(([name, value]) => readEntry(name, value, dataStart));
  checkPlaces(entries, dataStart, fileLength);
  return { entries, metadata };
}

function parseObject(bytes: Uint8Array): Map<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed('its header is not JSON');
  }
  if (nestsDeeper(text, DEEPEST)) throw new Malformed(`its header is nested more than ${DEEPEST} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('its header is not JSON');
  }
  if (!isObject(value)) throw new Malformed('its header is not a JSON object');
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw new Malformed(`its header names ${show(duplicate)} twice`);
  return new Map(Object.entries(value));
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw new Malformed(`its ${METADATA} is not an object`);
  const pairs = Object.entries(value).map(([key, text]) => {
    if (typeof text !== 'string') throw new Malformed(`its ${METADATA} has ${show(key)}, which is not text`);
    return [key, text] as const;
  });
  return Object.fromEntries(pairs);
}

function readEntry(name: string, value: unknown, dataStart: number): HeaderEntry {
  const what = `tensor ${show(name)}`;
  if (!isObject(value)) throw new Malformed(`${what} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const element = typeof dtype === 'string' ? ELEMENT_TYPES.get(dtype) : undefined;
  if (element === undefined) {
    throw new Malformed(`${what} has the dtype ${show(dtype)}; ${[...ELEMENT_TYPES.keys()].join(', ')} can be read`);
  }
  if (!isSizes(shape)) throw new Malformed(`${what} has the shape ${show(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2) throw new Malformed(`${what} has the data_offsets ${show(offsets)}`);
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((size, extent) => size * extent, element.bytes);
  if (end - begin !== expected) {
    throw new Malformed(
      `${what} of ${String(dtype)} [${shape.join(', ')}] takes ${expected} bytes and has ${end - begin}`,
    );
  }
  return { name, element, shape, begin: dataStart + begin, end: dataStart + end };
}

/** Tensors must fill the data exactly, without gaps or overlaps. */
function checkPlaces(entries: readonly HeaderEntry[], dataStart: number, fileLength: number): void {
  let position = dataStart;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < position) throw new Malformed(`tensor ${show(name)} overlaps another`);
    if (begin > position) throw new Malformed(`there are ${begin - position} unused bytes before tensor ${show(name)}`);
    if (end > fileLength) throw new Malformed(`tensor ${show(name)} ends ${end - fileLength} bytes after the file`);
    position = end;
  }
  if (position !== fileLength) throw new Malformed(`there are ${fileLength - position} unused bytes at its end`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && Number(each) >= 0);
}
