import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { stopIfAborted, UserError } from '../../errors.js';
import { bytesOf } from '../../image/image.js';
import { emptyStore } from '../source.js';
import type { PixelStore, StoredSource } from '../source.js';
import { LabelColumn, unifyLabels } from './classes.js';
import type { FoundSet } from './found.js';

/** `train-images-idx3-ubyte` and the MNIST family's other spellings; EMNIST prefixes the name of its part. */
const NAME = /^(?<set>.*?)(?<split>train|t10k|test)-(?<what>images|labels)[.-]idx[13]-ubyte(?<gz>\.gz)?$/;

/** Whether a file is named like an IDX file of images or labels. */
export function isIdxName(name: string): boolean {
  return NAME.test(name);
}

const SPLITS = { train: 'train', t10k: 'test', test: 'test' } as const;

/**
 * Reads a set of the MNIST family into memory, with grey as three equal channels. Its classes are the labels that
 * occur, in numeric order. `names` are the files in `folder`. Throws a UserError when a file is missing, truncated or
 * not an IDX file.
 */
export async function findIdx(folder: string, names: readonly string[], signal?: AbortSignal): Promise<FoundSet> {
  const files = filesOf(folder, names);
  const named = (['train', 'test'] as const).map((split) => [files(split, 'images'), files(split, 'labels')] as const);
  const splits: IdxSplit[] = [];
  for (const [images, labels] of named) splits.push(await readSplit(images, labels, signal));
  const { classes, labels } = unifyLabels(splits.map(({ column }) => column));
  const [train, test] = splits.map(({ store, shown }, split) => {
    const source: StoredSource = { classes, labels: labels[split], store, rows: Int32Array.from(labels[split].keys()) };
    return { source, shown };
  });
  return { classes, train, test, notices: [] };
}

interface IdxSplit {
  readonly store: PixelStore;
  readonly column: LabelColumn;
  /** The file of its images. */
  readonly shown: string;
}

/** Reads nothing before both headers agree: a small packed file can hold gigabytes of labels. */
async function readSplit(images: string, labels: string, signal: AbortSignal | undefined): Promise<IdxSplit> {
  const [imageFile, labelFile] = [await openIdx(images, 3), await openIdx(labels, 1)];
  if (imageFile.count !== labelFile.count) {
    throw new UserError(
      `${images} has ${imageFile.count} images, but ${labels} has ${labelFile.count} labels: get both again`,
    );
  }
  const store = await readImages(imageFile, images, signal);
  const column = new LabelColumn(labels);
  await labelFile.read((chunk) => {
    for (const label of chunk) column.add(label);
  });
  return { store, column, shown: images };
}

/** Finds the one file of each kind; an uncompressed file takes precedence over its .gz. */
function filesOf(folder: string, names: readonly string[]): (split: string, what: string) => string {
  const found = new Map<string, string>();
  const sets = new Set<string>();
  for (const name of [...names].sort().reverse()) {
    const { set, split, what } = NAME.exec(name)?.groups ?? {};
    if (split === undefined) continue;
    sets.add(set);
    found.set(`${SPLITS[split as keyof typeof SPLITS]} ${what}`, join(folder, name));
  }
  if (sets.size > 1) {
    throw new UserError(
      `${folder} has several sets of IDX files (${[...sets].sort().join(', ')}): put each in a folder of its own`,
    );
  }
  return (split, what) => {
    const file = found.get(`${split} ${what}`);
    if (file !== undefined) return file;
    const usual = `${split === 'train' ? 'train' : 't10k'}-${what}-idx${what === 'images' ? 3 : 1}-ubyte`;
    throw new UserError(
      `${folder} has no ${split} ${what}, ${usual} or ${usual}.gz: a set of the MNIST family is four files`,
    );
  };
}

async function readImages(idx: IdxFile, file: string, signal: AbortSignal | undefined): Promise<PixelStore> {
  const [height, width] = idx.shape;
  if (height !== width) {
    throw new UserError(`${file} has images of ${width} × ${height}; glit reads square ones from IDX files`);
  }
  const plane = width * height;
  const store = storeFor(idx.count, width, file);
  await idx.read((chunk, at) => {
    stopIfAborted(signal);
    let from = 0;
    while (from < chunk.length) {
      const row = Math.floor((at + from) / plane);
      const inPlane = at + from - row * plane;
      const part = chunk.subarray(from, from + plane - inPlane);
      for (let channel = 0; channel < 3; channel++) {
        store.pixels.set(part, row * bytesOf(width) + channel * plane + inPlane);
      }
      from += part.length;
    }
  });
  return store;
}

function storeFor(count: number, size: number, file: string): PixelStore {
  const bytes = count * bytesOf(size);
  const problem = `the images of ${file} take ${Math.ceil(bytes / 2 ** 20)} MiB of memory, more than this machine can give: store them as .tar shards`;
  if (bytes > totalmem() / 2) throw new UserError(problem);
  try {
    return emptyStore(count, size);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(problem, { cause: error });
    throw error;
  }
}

interface IdxFile {
  readonly count: number;
  /** Extents after the first. */
  readonly shape: readonly number[];
  /** Passes on all values in order, each piece with its offset. */
  read(take: (chunk: Uint8Array, at: number) => void): Promise<void>;
}

/** Deflate cannot expand one byte to more than this many. */
const MOST_DEFLATED = 1032;
const UNSIGNED_BYTES = 0x08;

/** Opens an IDX file of bytes with `dimensions` dimensions and checks its header against the file's size. */
async function openIdx(file: string, dimensions: number): Promise<IdxFile> {
  const { size } = await stat(file);
  const packed = await isPacked(file);
  const headerBytes = 4 + 4 * dimensions;
  const header = await firstBytes(file, packed, headerBytes);
  if (header.length < headerBytes || header[0] !== 0 || header[1] !== 0) {
    throw new UserError(`${file} is not an IDX file: it does not begin with two zero bytes, a type and the dimensions`);
  }
  if (header[2] !== UNSIGNED_BYTES || header[3] !== dimensions) {
    throw new UserError(
      `${file} holds values of type 0x${header[2].toString(16).padStart(2, '0')} in ${header[3]} dimensions; unsigned bytes (0x08) in ${dimensions} are needed`,
    );
  }
  const extents = Array.from({ length: dimensions }, (_, dimension) => header.readUInt32BE(4 + 4 * dimension));
  const values = extents.reduce((product, extent) => product * extent, 1);
  if (values === 0) throw new UserError(`${file} is empty: its extents are ${extents.join(' × ')}`);
  // A compressed file shows its length only while it is decompressed; trust its header up to the best possible
  // compression.
  const complete = packed ? headerBytes + values <= size * MOST_DEFLATED : headerBytes + values === size;
  if (!complete) {
    throw new UserError(
      `${file} claims ${extents.join(' × ')} values, but it has ${size} bytes${packed ? ' packed' : ''}: it is truncated or damaged; get it again`,
    );
  }
  return {
    count: extents[0],
    shape: extents.slice(1),
    async read(take) {
      let at = -headerBytes;
      for await (const chunk of chunksOf(file, packed)) {
        const begin = Math.max(0, -at);
        if (at + chunk.length > values) throw new UserError(lengthProblem(file, 'more'));
        if (begin < chunk.length) take(chunk.subarray(begin), at + begin);
        at += chunk.length;
      }
      if (at < values) throw new UserError(lengthProblem(file, 'less'));
    },
  };
}

function lengthProblem(file: string, relation: 'more' | 'less'): string {
  return `${file} holds ${relation} than its header says: it is damaged or still being written; get it again`;
}

async function isPacked(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function firstBytes(file: string, packed: boolean, count: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(file, packed)) {
    pieces.push(chunk);
    length += chunk.length;
    if (length >= count) break;
  }
  return Buffer.concat(pieces);
}

async function* chunksOf(file: string, packed: boolean): AsyncGenerator<Uint8Array, void, undefined> {
  const raw = createReadStream(file);
  const gunzip = packed ? createGunzip() : undefined;
  const stream: Readable = gunzip ?? raw;
  if (gunzip !== undefined) {
    raw.on('error', (error) => gunzip.destroy(error));
    raw.pipe(gunzip);
  }
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    throw new UserError(`${file} cannot be unpacked (${code}): it is truncated or damaged; get it again`, {
      cause: error,
    });
  } finally {
    raw.destroy();
    gunzip?.destroy();
  }
}
