import type { SearchData } from '../../dataset/dataset.js';
import { select } from '../../dataset/source.js';
import { stratify } from '../../dataset/stratify.js';
import { show, UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';

/** The halves of the held-out images; half A is for fitness, half B for retrained networks. */
export type Half = 'A' | 'B';

/**
 * A search's data twice, each with one half of its held-out images: images that both fitness and retrained accuracy saw
 * would make the two agree by chance. Every class is halved. Throws a UserError when a class has only one held-out image.
 */
export function halvesOf(data: SearchData, rng: Rng): Readonly<Record<Half, SearchData>> {
  const { searchVal, classes } = data;
  const counts = classes.map(() => 0);
  for (const label of searchVal.labels) counts[label]++;
  const single = classes.find((_, label) => counts[label] < 2);
  if (single !== undefined) {
    throw new UserError(
      `class ${show(single)} has only one held-out image, and trust needs two halves; search with a larger data.searchVal`,
    );
  }
  const { rest, part } = stratify(searchVal, { fraction: 0.5 }, rng);
  return {
    A: { ...data, searchVal: select(searchVal, rest) },
    B: { ...data, searchVal: select(searchVal, part) },
  };
}
