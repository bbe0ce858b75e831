import type { Rng } from '../random/rng.js';
import { select } from './source.js';
import type { ImageSource } from './source.js';
import { stratify } from './stratify.js';
import type { PartSize } from './stratify.js';

/** A data set as it was found or made. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: ImageSource;
  /** Seen by the final evaluation of a retrained network and by nothing else. */
  readonly test: ImageSource;
  /** What the user should know about how the set was read, one line each. */
  readonly notices: readonly string[];
}

/** What a search gets to see. It has no test split, and nothing in it leads to one. */
export interface SearchData {
  readonly classes: readonly string[];
  /** The images that supernets are trained on. */
  readonly train: ImageSource;
  /** Training images kept back from the supernets: fitness is the accuracy on these. */
  readonly searchVal: ImageSource;
}

/**
 * Keeps a part of the training images back to score candidates on. Class-balanced: every class has its share, and at
 * least one image, on both sides. The same `rng` gives the same parts.
 *
 * Throws a UserError when a class has fewer than two images or the size cannot be met.
 */
export function holdOut(train: ImageSource, { rng, ...size }: PartSize & { readonly rng: Rng }): SearchData {
  const { rest, part } = stratify(train, size, rng);
  return { classes: train.classes, train: select(train, rest), searchVal: select(train, part) };
}
