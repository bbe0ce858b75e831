import type { Rng } from '../random/rng.js';
import type { Path, Space } from '../space/space.js';

/**
 * A copy of `parent` in which each gene is redrawn with the given probability from all choices of its position,
 * including the old one (SPOS). With K choices, a gene changes with probability · (K - 1) / K.
 */
export function mutate(space: Space, parent: Path, rng: Rng, probability: number): Path {
  return space.positions.map((choices, position) =>
    rng.uniform() < probability ? rng.int(choices.length) : parent[position],
  );
}
