import type { Rng } from '../random/rng.js';
import { select } from './source.js';
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
 * image, on both sides. The same `rng` gives the same split.
 *
 * Throws a UserError when a class has fewer than two images or the size cannot be met.
 */
export function holdOut(train: ImageSource, { rng, ...size }: PartSize & { readonly rng: Rng }): SearchData {
  const { rest, part } = stratify(train, size, rng);
  return { classes: train.classes, train: select(train, rest), searchVal: select(train, part) };
}
