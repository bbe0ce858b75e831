import type { Config } from '../../config/config.js';
import type { SearchData } from '../../dataset/dataset.js';
import { sample, type ImageSource } from '../../dataset/source.js';
import type { Rng } from '../../random/rng.js';

/** How many of `held` held-out images candidates are scored on. */
export function scoringCount({ search: { scoringImages } }: Config, held: number): number {
  return Math.min(scoringImages ?? held, held);
}

/**
 * The held-out images that candidates are scored on: all, or `search.scoringImages` of them, drawn at random. All
 * candidates of a level see the same ones.
 */
export function scoringImages(config: Config, { searchVal }: Pick<SearchData, 'searchVal'>, rng: Rng): ImageSource {
  return sample(searchVal, scoringCount(config, searchVal.labels.length), rng.fork('scoringImages'));
}
