import type { Rng } from '../random/rng.js';
import type { Path } from '../space/space.js';

/** A path whose genes each come from either parent with equal probability (SPOS). */
export function crossOver(first: Path, second: Path, rng: Rng): Path {
  return first.map((gene, position) => (rng.int(2) === 0 ? gene : second[position]));
}
