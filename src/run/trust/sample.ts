import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import { findLegal, type LegalPaths } from '../../search/legal.js';
import { pathKey, type Path } from '../../space/space.js';
import type { RecordedCandidate } from '../levels/searchedLevel.js';

/** A candidate to check, and where it comes from. */
export interface SampledCandidate {
  readonly path: Path;
  readonly from: 'search' | 'random';
}

/**
 * Chooses `count` different candidates. Half come from the search, one from each quantile bin of its recorded fitness; an
 * evolution scores few bad candidates, so alone they would not show whether the supernet can tell bad from good. The other
 * half are legal paths drawn at random, which cover the range of the space. Where either half has too few, the other
 * gives more.
 *
 * Throws a UserError when there are fewer than `count` in all.
 */
export function sampleCandidates(
  legal: LegalPaths,
  recorded: readonly RecordedCandidate[],
  count: number,
  rng: Rng,
): readonly SampledCandidate[] {
  const seen = new Set(recorded.map(({ path }) => pathKey(path)));
  const wanted = count - Math.min(recorded.length, Math.ceil(count / 2));
  const drawn: Path[] = [];
  while (drawn.length < wanted) {
    const { path } = findLegal(legal, rng.fork('drawn').fork(drawn.length), { seen });
    if (path === undefined) break;
    drawn.push(path);
    seen.add(pathKey(path));
  }
  const rest = count - drawn.length;
  if (rest > recorded.length) {
    const most = recorded.length + drawn.length;
    throw new UserError(
      `${count} candidates are more than there are within the budget, ${most}; ask for ${most} or fewer`,
    );
  }
  const ascending = recorded.toSorted((one, other) => one.fitness - other.fitness);
  const bins = Array.from({ length: rest }, (_, bin) =>
    ascending.slice(Math.floor((bin * ascending.length) / rest), Math.floor(((bin + 1) * ascending.length) / rest)),
  );
  return [
    ...bins.map((bin, index) => ({ path: rng.fork('bin').fork(index).pick(bin).path, from: 'search' }) as const),
    ...drawn.map((path) => ({ path, from: 'random' }) as const),
  ];
}
