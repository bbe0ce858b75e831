import type { Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Dataset } from '../dataset.js';
import { Cache } from './cache.js';
import { CIFAR_10, CIFAR_100, findCifar } from './cifar.js';
import { findImageFolder } from './folder.js';
import { requireEachClass, withTest } from './found.js';
import type { FoundSet } from './found.js';
import { findIdx, isIdxName } from './idx.js';
import { foldersIn, isImage, list } from './listing.js';
import { findParquet } from './parquet.js';
import { splitOfName, type SplitOptions } from './splitNames.js';
import { findWebDataset } from './webDataset.js';

/** Settings of {@link findSource}. */
export interface FindOptions extends SplitOptions {
  /** Where listings and copies are cached. Default: the system's place for caches. */
  readonly cache?: Cache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reports how many shards or tables have been read, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Seconds without progress after which a Parquet file counts as unreadable. Default: 120. */
  readonly patience?: number | undefined;
  /** Accepts classes without images, which training cannot use. */
  readonly emptyClasses?: boolean | undefined;
}

/** Settings of {@link openSource}. */
export interface SourceOptions extends Omit<FindOptions, 'emptyClasses' | 'whole'> {
  /** Splits a set without test images; the same `rng` gives the same split. */
  readonly rng: Rng;
}

/** A data set on disk, and the format it was recognised as. */
export interface RecognisedSet extends FoundSet {
  readonly format: string;
}

/**
 * Opens a data set of any known format, recognised by its files:
 * - class folders of images, see `openImageFolder`;
 * - CIFAR-10 or CIFAR-100, the binary version;
 * - IDX files of the MNIST family, gzipped or not;
 * - tar shards in WebDataset's layout;
 * - Parquet files in the layout of Hugging Face data sets.
 *
 * If a set has no test split, `rng` draws a fifth of each class. Throws a one-line UserError when the path is not such
 * a set, or is broken.
 */
export async function openSource(source: string, { rng, ...options }: SourceOptions): Promise<Dataset> {
  return withTest(path.basename(path.resolve(source)), await findSource(source, options), rng);
}

/** The same, but without a test split if the set has none. */
export async function findSource(source: string, options: FindOptions = {}): Promise<RecognisedSet> {
  const found = await recognise(source);
  const complete = { cache: new Cache(), ...options };
  const set = await found.open(complete);
  if (options.emptyClasses !== true) requireEachClass(set.train);
  return { format: found.format, ...set };
}

/** A recognised format, and how to open a set in it. */
interface Recognised {
  readonly format: string;
  open(options: FindOptions): Promise<FoundSet>;
}

const ALLOWED = 'class folders of images, CIFAR binary files, IDX files, .tar shards or .parquet files';

async function recognise(source: string): Promise<Recognised> {
  const root = path.resolve(source);
  const entry = await stat(root).catch(() => undefined);
  if (entry?.isFile() === true) {
    const format = PACKED.find(({ ending }) => source.endsWith(ending));
    if (format !== undefined) return inFiles(format, path.dirname(source), [path.basename(source)]);
    throw new UserError(`${source} is not a folder: give a folder with ${ALLOWED}, or one .tar or .parquet file`);
  }
  const survey = await surveyOf(root, source);
  const kinds = [...survey.kinds.entries()];
  if (kinds.length > 1) {
    const what = kinds.map(([kind, { files }]) => `${TITLES[kind]} (${path.join(source, files[0])})`).join(' and ');
    throw new UserError(`${source} holds ${what}: put each set in a folder of its own`);
  }
  if (survey.python !== undefined) {
    throw new UserError(
      `${path.join(source, survey.python)} is the Python version of CIFAR: get the binary version, whose files end in .bin`,
    );
  }
  const [kind, found] = kinds.at(0) ?? [];
  if (kind !== undefined && found !== undefined) return open(kind, source, found.files);
  if (survey.isEmpty) {
    throw new UserError(`${source} is empty: give a folder with ${ALLOWED}`);
  }
  return open('images', source, []);
}

type Kind = 'images' | 'cifar10' | 'cifar100' | 'idx' | 'tar' | 'parquet';

const TITLES: Readonly<Record<Kind, string>> = {
  images: 'class folders of images',
  cifar10: 'CIFAR-10 binary files',
  cifar100: 'CIFAR-100 binary files',
  idx: 'IDX files',
  tar: 'tar shards',
  parquet: 'Parquet files',
};

function open(kind: Kind, source: string, files: readonly string[]): Recognised {
  const folder = path.join(source, path.dirname(files[0] ?? ''));
  if (kind !== 'tar' && kind !== 'parquet') requireOneFolder(source, kind, files);
  switch (kind) {
    case 'images':
      return { format: 'image folder', open: (options) => findImageFolder(source, options) };
    case 'cifar10':
      return { format: 'CIFAR-10 binary', open: ({ signal }) => findCifar(folder, CIFAR_10, signal) };
    case 'cifar100':
      return { format: 'CIFAR-100 binary', open: ({ signal }) => findCifar(folder, CIFAR_100, signal) };
    case 'idx':
      return {
        format: 'IDX',
        open: ({ signal }) =>
          findIdx(
            folder,
            files.map((file) => path.basename(file)),
            signal,
          ),
      };
    case 'tar':
      return inFiles(PACKED[0], source, files);
    case 'parquet':
      return inFiles(PACKED[1], source, files);
  }
}

/** Formats with a few files of fixed names in one folder. */
function requireOneFolder(source: string, kind: Kind, files: readonly string[]): void {
  const folders = [...new Set(files.map((file) => path.join(source, path.dirname(file))))];
  if (kind === 'images' || folders.length < 2) return;
  throw new UserError(
    `${source} holds several sets of ${TITLES[kind]}: give the folder of one, ${folders.join(' or ')}`,
  );
}

/** Formats with many images per file. */
const PACKED = [
  { ending: '.tar', format: 'WebDataset tar shards', find: findWebDataset },
  { ending: '.parquet', format: 'Parquet', find: findParquet },
] as const;

function inFiles({ format, find }: (typeof PACKED)[number], folder: string, files: readonly string[]): Recognised {
  return { format, open: (options) => find(folder, files, options) };
}

interface Survey {
  /** Files by the format they indicate, relative to the folder. */
  readonly kinds: ReadonlyMap<Kind, { readonly files: string[] }>;
  /** A file of the Python version of CIFAR. */
  readonly python: string | undefined;
  readonly isEmpty: boolean;
}

/** With more folders than this, they are class folders; do not look inside for files with many images. */
const MOST_FOLDERS = 64;
const DEEPEST = 3;

/**
 * Searches a folder, and its subfolders if they are few, for files that indicate a format. Images count only inside a
 * class folder: next to files with many images, one in the folder itself is just an illustration.
 */
async function surveyOf(root: string, shown: string): Promise<Survey> {
  const kinds = new Map<Kind, { files: string[] }>();
  const add = (kind: Kind, file: string): void => {
    const found = kinds.get(kind) ?? { files: [] };
    kinds.set(kind, found);
    found.files.push(file);
  };
  let python: string | undefined;
  let isEmpty = true;
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const depth = above.length;
    // What is not there is reported where it is read.
    const place = await realpath(path.join(root, folder)).catch(() => folder);
    // A link that leads back: each of many would lead to all of them again.
    if (above.includes(place)) return;
    const isClass = depth > 0 && splitOfName(path.basename(folder)) === undefined;
    const image = isClass ? await firstImage(path.join(root, folder)) : undefined;
    if (image !== undefined) {
      // An archive left behind after unpacking is not part of the set.
      add('images', path.join(folder, image.name));
      return;
    }
    const entries = await list(path.join(root, folder), path.join(shown, folder));
    if (entries.length > 0) isEmpty = false;
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const kind = kindOf(entry.name);
      if (kind !== undefined) add(kind, path.join(folder, entry.name));
      if (/^(data_batch_1|batches\.meta)$/.test(entry.name)) python ??= path.join(folder, entry.name);
    }
    if (depth === DEEPEST) return;
    const folders = await foldersIn(path.join(root, folder), entries);
    const visited = folders.length > MOST_FOLDERS ? folders.slice(0, 1) : folders;
    for (const { name } of visited) await visit(path.join(folder, name), [...above, place]);
  };
  await visit('', []);
  return { kinds, python, isEmpty };
}

/** The first image in a folder, found without reading all of it. */
async function firstImage(folder: string): Promise<Dirent | undefined> {
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.name.startsWith('.') && isImage(entry)) return entry;
    }
  } catch {
    // Listing it will report why.
  }
  return undefined;
}

const CIFAR_10_NAMES = new Set([...CIFAR_10.train, CIFAR_10.test, CIFAR_10.names]);
const CIFAR_100_NAMES = new Set([...CIFAR_100.train, CIFAR_100.test, CIFAR_100.names]);

function kindOf(name: string): Kind | undefined {
  if (CIFAR_10_NAMES.has(name)) return 'cifar10';
  if (CIFAR_100_NAMES.has(name)) return 'cifar100';
  if (isIdxName(name)) return 'idx';
  if (name.endsWith('.tar')) return 'tar';
  return name.endsWith('.parquet') ? 'parquet' : undefined;
}
