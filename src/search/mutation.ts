import type { Rng } from '../random/rng.js';
import type { Path, Space } from '../space/space.js';

/**
 * A copy of `parent` in which each gene is, with the given probability, drawn again from all choices of its position, the
 * old one included (SPOS): of K choices a gene changes with probability · (K - 1) / K.
 */
export function mutate(space: Space, parent: Path, rng: Rng, probability: number): Path {
  return space.positions.map((choices, position) =>
    rng.uniform() < probability ? rng.int(choices.length) : parent[position],
  );
}
