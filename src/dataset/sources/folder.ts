import { basename, join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Dataset } from '../dataset.js';
import type { EncodedSource } from '../source.js';
import { withTest } from './found.js';
import type { FoundSet, FoundSplit } from './found.js';
import { foldersIn, IMAGE_ENDINGS, list, listClassFolders } from './listing.js';
import type { ListingOptions } from './listing.js';
import { Names } from './names.js';
import { splitNamed, type SplitName } from './splitNames.js';

/** Settings of {@link openImageFolder}. */
export interface FolderOptions extends ListingOptions {
  /** Splits a folder without test images; the same `rng` gives the same split. */
  readonly rng: Rng;
}

/** Settings of {@link findImageFolder}. */
export interface FindFolderOptions extends ListingOptions {
  /** Accepts class folders without images, which training cannot use. */
  readonly emptyClasses?: boolean | undefined;
}

/**
 * Opens a folder of images with one folder per class. Three layouts:
 * - `train/<class>/*` with `test/<class>/*` or `val/<class>/*` (or `training`, `testing`, `valid`, `validation`, `dev`): used
 *   as they are. With both, `test` is the test split and `val` is ignored, because a search holds out its own images from
 *   `train`;
 * - `train/<class>/*` alone, or `<class>/*`: a fifth of each class becomes the test split, drawn by `rng`.
 *
 * Classes are the folder names. They, and the images of a class, are sorted by UTF-16 code units on every system. Names
 * that start with a dot, and files without one of the {@link IMAGE_ENDINGS}, are skipped. Nothing is decoded here.
 * Throws a UserError for any other layout.
 */
export async function openImageFolder(folder: string, { rng, ...options }: FolderOptions): Promise<Dataset> {
  return withTest(basename(resolve(folder)), await findImageFolder(folder, options), rng);
}

/** The same, but without a test split if the folder has none. */
export async function findImageFolder(folder: string, options: FindFolderOptions): Promise<FoundSet> {
  const root = resolve(folder);
  const entries = await list(root, folder);
  const splits = await splitsIn(
    root,
    folder,
    (await foldersIn(root, entries)).map(({ name }) => name),
  );
  const { train: trainName, test: testName = splits.val } = splits;

  if (trainName === undefined) {
    if (testName !== undefined) {
      throw new UserError(
        `${folder} has ${testName}/ but no train/: put the training images in ${join(folder, 'train')}/<class>/`,
      );
    }
    return asSet(await openClasses(root, folder, options));
  }
  const train = await openClasses(join(root, trainName), join(folder, trainName), options);
  if (testName === undefined) return asSet(train);

  const test = await openClasses(join(root, testName), join(folder, testName), options);
  requireSameClasses(train, test);
  const notices = [...looseNotice(train), ...looseNotice(test)];
  if (splits.val !== undefined && splits.val !== testName) {
    notices.push(
      `${join(folder, splits.val)} is not used: the test images come from ${test.shown}, and a search holds out its own from ${train.shown}`,
    );
  }
  return { classes: train.source.classes, train, test, notices };
}

/**
 * The folders that are splits; of several names for one, `train`, `val` and `test` come first. Throws a UserError when
 * there are two others for one.
 */
async function splitsIn(
  root: string,
  shown: string,
  names: readonly string[],
): Promise<Readonly<Partial<Record<SplitName, string>>>> {
  const splits: Partial<Record<SplitName, string>> = {};
  for (const name of names) {
    const split = splitNamed(name);
    if (split === undefined) continue;
    const other = splits[split];
    if (other === split) continue;
    if (other !== undefined && name !== split) {
      throw new UserError(`${shown} has ${other}/ and ${name}/, which mean the same: keep one, or put them together`);
    }
    splits[split] = name;
  }
  // Beside other classes, a folder of images can be a class, such as the trains among vehicles.
  if (names.every((name) => splitNamed(name) !== undefined)) return splits;
  for (const name of Object.values(splits)) {
    const inside = await foldersIn(join(root, name), await list(join(root, name), join(shown, name)));
    if (inside.length > 0) return splits;
  }
  return {};
}

interface ClassTree extends FoundSplit {
  /** Images beside the class folders, which have no class. */
  readonly loose: number;
}

function asSet(train: ClassTree): FoundSet {
  return { classes: train.source.classes, train, notices: looseNotice(train) };
}

function looseNotice({ loose, shown }: ClassTree): string[] {
  if (loose === 0) return [];
  const what =
    loose === 1
      ? '1 image outside of its class folders; it is'
      : `${loose} images outside of its class folders; they are`;
  return [`${shown} has ${what} left out`];
}

/** Lists `root`, one class per folder; messages call it `shown`. */
async function openClasses(
  root: string,
  shown: string,
  { emptyClasses = false, ...options }: FindFolderOptions,
): Promise<ClassTree> {
  const { classes: listed, loose } = await listClassFolders(root, shown, options);
  if (listed.length === 0) {
    throw new UserError(
      loose === 0
        ? `${shown} has no class folders: put the images of each class in ${join(shown, '<class>')}/`
        : `${shown} holds its images directly: put those of each class in a folder of its own, ${join(shown, '<class>')}/`,
    );
  }
  const classes = listed.map(({ name }) => name);
  if (classes.length === 1) {
    throw new UserError(`${shown} has only one class, "${classes[0]}": classification needs two or more`);
  }
  const empty = listed.find(({ images }) => images.length === 0);
  if (empty !== undefined && !emptyClasses) {
    const endings = IMAGE_ENDINGS.map((ending) => ending.slice(1)).join(', ');
    throw new UserError(`the class folder ${join(shown, empty.name)} has no image (${endings}): add some or remove it`);
  }
  const images = Names.concat(listed.map((one) => one.images));
  const labels = new Int32Array(images.length);
  let end = 0;
  listed.forEach((one, label) => {
    const begin = end;
    end += one.images.length;
    labels.fill(label, begin, end);
  });
  const encoded = (index: number): { file: string } => ({ file: join(root, classes[labels[index]], images.at(index)) });
  const source: EncodedSource = { classes, labels, encoded };
  return { source, shown, loose };
}

function requireSameClasses(train: FoundSplit, test: FoundSplit): void {
  const inTest = new Set(test.source.classes);
  const inTrain = new Set(train.source.classes);
  const onlyTrain = train.source.classes.find((name) => !inTest.has(name));
  const onlyTest = test.source.classes.find((name) => !inTrain.has(name));
  if (onlyTest !== undefined) {
    throw new UserError(
      `${test.shown} has the class "${onlyTest}", which ${train.shown} lacks: both need the same class folders`,
    );
  }
  if (onlyTrain !== undefined) {
    throw new UserError(
      `${train.shown} has the class "${onlyTrain}", which ${test.shown} lacks: both need the same class folders`,
    );
  }
}
