import type { Rng } from '../random/rng.js';
import { show, UserError } from '../errors.js';
import { isStored, select } from './source.js';
import type { ImageSource } from './source.js';
import { stratify } from './stratify.js';
import type { PartSize } from './stratify.js';

/** A data set, found or generated. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: ImageSource;
  /** Used only for the final evaluation of retrained networks. */
  readonly test: ImageSource;
  /** The splits as they were found, if images have been decoded since: some may have been unreadable. */
  readonly found?: Pick<Dataset, 'train' | 'test'>;
  /** Notes for the user on how the set was read, one line each. */
  readonly notices: readonly string[];
}

/** The data that a search sees. It has no test split, and nothing in it leads to one. */
export interface SearchData {
  readonly classes: readonly string[];
  /** The images that supernets are trained on. */
  readonly train: ImageSource;
  /** Training images held out from the supernets: fitness is the accuracy on these. */
  readonly searchVal: ImageSource;
}

/**
 * Holds out part of the training images to score candidates on. Stratified: every class has its share, and at least one
 * image, on both sides. The same `rng` gives the same split, whether images were decoded before or not; those that cannot
 * be read are then missing on their side.
 *
 * Throws a UserError when a class has fewer than two images, none to train on, or the size cannot be met.
 */
export function holdOut(train: ImageSource, { rng, ...size }: PartSize & { readonly rng: Rng }): SearchData {
  const { classes } = train;
  const before = isStored(train) ? train.before : undefined;
  if (before === undefined) {
    const { rest, part } = stratify(train, size, rng);
    return { classes, train: select(train, rest), searchVal: select(train, part) };
  }
  const isPart = new Uint8Array(before.labels.length);
  for (const index of stratify({ classes, labels: before.labels }, size, rng).part) isPart[index] = 1;
  const indices = Int32Array.from(train.labels.keys());
  const rest = select(
    train,
    indices.filter((index) => isPart[before.places[index]] === 0),
  );
  const present = new Set(rest.labels);
  const lost = classes.findIndex((_, label) => !present.has(label));
  if (lost !== -1) {
    throw new UserError(
      `too few images of class ${show(classes[lost])} can be read to train on it: repair or add some`,
    );
  }
  const searchVal = select(
    train,
    indices.filter((index) => isPart[before.places[index]] === 1),
  );
  return { classes, train: rest, searchVal };
}
