import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import type { Dataset } from './dataset.js';
import { select } from './source.js';
import type { EncodedSource, ImageSource } from './source.js';
import { stratify } from './stratify.js';

/** The endings that are taken for images, in any case: what the decoder reads without further libraries. */
export const IMAGE_ENDINGS: readonly string[] = '.jpg .jpeg .jpe .jfif .png .webp .gif .avif .tif .tiff'.split(' ');

const ENDINGS = new Set(IMAGE_ENDINGS);
const TEST_SHARE = 0.2;

/** Settings of {@link openImageFolder}. */
export interface FolderOptions {
  /** Splits a folder that has no test images of its own; the same `rng` gives the same split. */
  readonly rng: Rng;
}

/** A folder of class folders, listed. */
interface ClassTree {
  readonly source: EncodedSource;
  /** Images that lie beside the class folders and so have no class. */
  readonly loose: number;
}

/**
 * Opens a folder of images, a folder per class. Three layouts:
 * - `train/<class>/*` with `test/<class>/*` or `val/<class>/*`: used as they are. With both, `test` is the test split
 *   and `val` is left alone, because a search holds out its own images from `train`;
 * - `train/<class>/*` alone, or `<class>/*`: a fifth of each class becomes the test split, drawn by `rng`.
 *
 * Classes are the folder names in order of their UTF-16 code units, and so are the images of a class, on every system.
 * Names that begin with a dot, and files with other endings than {@link IMAGE_ENDINGS}, are passed over. Nothing is
 * decoded here. Throws a UserError when the folder is not such a tree.
 */
export async function openImageFolder(folder: string, { rng }: FolderOptions): Promise<Dataset> {
  const root = resolve(folder);
  const entries = await list(root, folder);
  const names = new Set((await foldersIn(root, entries)).map(({ name }) => name));
  const name = basename(root);
  const tests = ['test', 'val'].filter((split) => names.has(split));
  const [testName] = tests;

  if (!names.has('train')) {
    if (testName !== undefined) {
      throw new UserError(
        `${folder} has ${testName}/ but no train/: put the training images in ${join(folder, 'train')}/<class>/`,
      );
    }
    return splitForYou(name, await openClasses(root, folder), folder, rng);
  }
  const trainFolder = join(folder, 'train');
  const train = await openClasses(join(root, 'train'), trainFolder);
  if (testName === undefined) return splitForYou(name, train, trainFolder, rng);

  const testFolder = join(folder, testName);
  const test = await openClasses(join(root, testName), testFolder);
  requireSameClasses(train.source.classes, test.source.classes, trainFolder, testFolder);
  const notices = [...looseNotice(train, trainFolder), ...looseNotice(test, testFolder)];
  if (tests.length > 1) {
    notices.push(
      `${join(folder, 'val')} is not used: the test images are those of ${testFolder}, and a search holds out its own from ${trainFolder}`,
    );
  }
  return { name, classes: train.source.classes, train: train.source, test: test.source, notices };
}

function splitForYou(name: string, tree: ClassTree, folder: string, rng: Rng): Dataset {
  const { rest, part } = stratify(tree.source, { fraction: TEST_SHARE }, rng);
  const train: ImageSource = select(tree.source, rest);
  const test: ImageSource = select(tree.source, part);
  const notice = `${folder} has no test split: ${part.length} of its ${tree.source.labels.length} images, drawn by the seed, are kept for the test`;
  return { name, classes: train.classes, train, test, notices: [notice, ...looseNotice(tree, folder)] };
}

function looseNotice({ loose }: ClassTree, folder: string): string[] {
  if (loose === 0) return [];
  const what =
    loose === 1
      ? '1 image outside of its class folders; it is'
      : `${loose} images outside of its class folders; they are`;
  return [`${folder} has ${what} left out`];
}

/** Lists `root`, which messages call `shown`: one class per folder. */
async function openClasses(root: string, shown: string): Promise<ClassTree> {
  const entries = await list(root, shown);
  const folders = await foldersIn(root, entries);
  const loose = entries.filter(isImage).length;
  if (folders.length === 0) {
    throw new UserError(
      loose === 0
        ? `${shown} has no class folders: put the images of each class in ${join(shown, '<class>')}/`
        : `${shown} holds its images directly: put those of each class in a folder of its own, ${join(shown, '<class>')}/`,
    );
  }
  const classes = folders.map(({ name }) => name).sort(byCodeUnit);
  if (classes.length === 1) {
    throw new UserError(`${shown} has only one class, "${classes[0]}": classification needs two or more`);
  }
  const files = await Promise.all(classes.map((name) => imagesOf(join(root, name), join(shown, name))));
  const labels = Int32Array.from(files.flatMap((ofClass, label) => ofClass.map(() => label)));
  const flat = files.flat();
  const encoded = (index: number): { file: string } => ({
    file: join(root, classes[labels[index]], flat[index]),
  });
  return { source: { classes, labels, encoded }, loose };
}

async function imagesOf(path: string, shown: string): Promise<string[]> {
  const images = (await list(path, shown)).filter(isImage).map(({ name }) => name);
  if (images.length === 0) {
    const endings = IMAGE_ENDINGS.map((ending) => ending.slice(1)).join(', ');
    throw new UserError(`the class folder ${shown} has no image (${endings}): add some or remove it`);
  }
  return images.sort(byCodeUnit);
}

function requireSameClasses(
  train: readonly string[],
  test: readonly string[],
  trainFolder: string,
  testFolder: string,
): void {
  const onlyTrain = train.find((name) => !test.includes(name));
  const onlyTest = test.find((name) => !train.includes(name));
  if (onlyTest !== undefined) {
    throw new UserError(
      `${testFolder} has the class "${onlyTest}", which ${trainFolder} lacks: both need the same class folders`,
    );
  }
  if (onlyTrain !== undefined) {
    throw new UserError(
      `${trainFolder} has the class "${onlyTrain}", which ${testFolder} lacks: both need the same class folders`,
    );
  }
}

/** The entries of a folder but for hidden ones. Entries know their type, so no file is looked at by itself. */
async function list(path: string, shown: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    throw new UserError(`${shown} ${whyNotListed(error)}`, { cause: error });
  }
}

function whyNotListed(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist: check the path of the image folder';
  if (code === 'ENOTDIR') return 'is not a folder: give the folder that holds the class folders';
  return `cannot be read (${String(code ?? error)}): check its permissions`;
}

/** The folders among entries; a link to a folder counts as one. */
async function foldersIn(root: string, entries: readonly Dirent[]): Promise<Dirent[]> {
  const areFolders = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isSymbolicLink() || isImage(entry)) return entry.isDirectory();
      const target = await stat(join(root, entry.name)).catch(() => undefined);
      return target?.isDirectory() ?? false;
    }),
  );
  return entries.filter((_, index) => areFolders[index]);
}

function isImage(entry: Dirent): boolean {
  return !entry.isDirectory() && ENDINGS.has(extname(entry.name).toLowerCase());
}

/** Not a locale's order, which differs between machines. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
