import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stopIfAborted, UserError } from '../../errors.js';
import { bytesOf } from '../../image/image.js';
import { emptyStore } from '../source.js';
import type { StoredSource } from '../source.js';
import type { FoundSet } from './found.js';

const SIZE = 32;

/** The binary version of one of the two sets: each record has label bytes, then planes [3, 32, 32]. */
interface Layout {
  readonly train: readonly string[];
  readonly test: string;
  /** The file of class names, one per line. */
  readonly names: string;
  readonly labelBytes: number;
  /** Which label byte is the class. */
  readonly classByte: number;
}

export const CIFAR_10: Layout = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: 'test_batch.bin',
  names: 'batches.meta.txt',
  labelBytes: 1,
  classByte: 0,
};

/** The first byte is the coarse label, which glit ignores. */
export const CIFAR_100: Layout = {
  train: ['train.bin'],
  test: 'test.bin',
  names: 'fine_label_names.txt',
  labelBytes: 2,
  classByte: 1,
};

/**
 * Reads the binary version of CIFAR-10 or CIFAR-100 into memory. Throws a UserError when a file is missing, truncated,
 * or has a label without a name.
 */
export async function findCifar(folder: string, layout: Layout, signal?: AbortSignal): Promise<FoundSet> {
  const present = await presentOf(folder, [...layout.train, layout.test, layout.names]);
  const missing = [...layout.train, layout.test, layout.names].find((name) => !present.has(name));
  if (missing !== undefined) {
    throw new UserError(
      `${folder} has ${[...present.keys()].join(', ')} but no ${missing}: unpack the whole binary version of the set`,
    );
  }
  const classes = await readNames(join(folder, layout.names));
  const read = (files: readonly string[]): Promise<StoredSource> =>
    readRecords(
      files.map((name) => ({ path: join(folder, name), bytes: present.get(name) ?? 0 })),
      classes,
      layout,
      signal,
    );
  const train = { source: await read(layout.train), shown: join(folder, layout.train[0]) };
  const test = { source: await read([layout.test]), shown: join(folder, layout.test) };
  return { classes, train, test, notices: [] };
}

/** The sizes of the files that exist. */
async function presentOf(folder: string, names: readonly string[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of names) {
    const entry = await stat(join(folder, name)).catch(() => undefined);
    if (entry?.isFile() === true) sizes.set(name, entry.size);
  }
  return sizes;
}

/** CIFAR-100's training images have 154 MB. */
const MOST_BYTES = 2 ** 28;
const MOST_NAMES = 256;
const MOST_NAME_BYTES = 65_536;

async function readNames(file: string): Promise<string[]> {
  const { size } = await stat(file);
  const text = size > MOST_NAME_BYTES ? '' : await readFile(file, 'utf8');
  const names = text.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (names.length < 2 || names.length > MOST_NAMES || new Set(names).size < names.length) {
    throw new UserError(`${file} is not a list of classes: it needs 2 to ${MOST_NAMES} different names, one per line`);
  }
  return names;
}

async function readRecords(
  files: readonly { readonly path: string; readonly bytes: number }[],
  classes: readonly string[],
  { labelBytes, classByte }: Layout,
  signal: AbortSignal | undefined,
): Promise<StoredSource> {
  const record = labelBytes + bytesOf(SIZE);
  for (const { path, bytes } of files) {
    if (bytes > MOST_BYTES) {
      throw new UserError(`${path} has ${bytes} bytes, more than any file of the set: it is damaged; get it again`);
    }
    if (bytes > 0 && bytes % record === 0) continue;
    throw new UserError(
      `${path} has ${bytes} bytes, which is not a whole number of images of ${record} bytes: it is truncated or not the binary version; get it again`,
    );
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes / record, 0);
  const store = emptyStore(total, SIZE);
  const labels = new Int32Array(total);
  let row = 0;
  for (const { path, bytes } of files) {
    stopIfAborted(signal);
    const content = await readFile(path);
    if (content.length !== bytes)
      throw new UserError(`${path} changed while it was read: try again when it is complete`);
    for (let at = 0; at < content.length; at += record) {
      const label = content[at + classByte];
      if (label >= classes.length) {
        throw new UserError(
          `image ${at / record} of ${path} has the label ${label}, but there are ${classes.length} classes, 0 to ${classes.length - 1}: it is damaged or not the binary version`,
        );
      }
      labels[row] = label;
      store.pixels.set(content.subarray(at + labelBytes, at + record), row * bytesOf(SIZE));
      row++;
    }
  }
  return { classes, labels, store, rows: Int32Array.from(labels.keys()) };
}
