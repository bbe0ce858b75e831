import { seeded } from '../../src/random/rng.js';
import { highLevelSpace } from '../../src/space/highLevel.js';
import { headSplits, releasedLowLevel } from '../../src/space/lowLevel.js';
import type { LegalPaths } from '../../src/search/legal.js';
import { pathKey, type Path, type Space } from '../../src/space/space.js';
import type { Trial } from '../../src/search/trial.js';
import { oneByOne, type OneByOne } from './oneByOne.js';

/** Spaces of 4^12, 9^12 and 4^3 paths. */
export const HIGH = highLevelSpace({ depth: 12, heads: 3 });
export const LOW = releasedLowLevel(headSplits([3, 0, 1, 3, 0, 1, 3, 1, 0, 3, 0, 3], 3));
export const TINY = highLevelSpace({ depth: 3, heads: 3 });

/** The 91 paths of the large space with genes of a sum of at most 2: uniform draws do not meet them. */
const RARE_PATHS: readonly Path[] = HIGH.positions.flatMap((_, first) => {
  const one = HIGH.positions.map((_, position) => Number(position === first));
  return [one, ...one.slice(first).map((_, at) => one.map((gene, position) => gene + Number(position === first + at)))];
});
export const RARE: LegalPaths = {
  space: HIGH,
  isLegal: (path) => total(path) <= 2,
  anyLegal: (except) => [HIGH.positions.map(() => 0), ...RARE_PATHS].find((path) => !except.has(pathKey(path))),
};

/** A problem with known best fitness: each gene adds its own value, drawn once, so good genes can be combined. */
export function separable(
  space: Space,
  seed: number,
  isLegal: (path: Path) => boolean = () => true,
): OneByOne & { readonly optimum: number } {
  const values = space.positions.map((choices, position) => {
    const rng = seeded(seed).fork(position);
    return choices.map(() => rng.uniform());
  });
  return oneByOne({
    space,
    isLegal,
    measure: (path: Path) => ({ genes: total(path) }),
    score: async (path: Path) => ({
      values: [path.reduce((sum, gene, position) => sum + (values[position]?.[gene] ?? NaN), 0)],
    }),
    optimum: values.reduce((sum, each) => sum + Math.max(...each), 0),
  });
}

/** The sum of the genes. */
export function total(path: Path): number {
  return path.reduce((sum, gene) => sum + gene, 0);
}

export function keysOf(trials: readonly Trial[]): string[] {
  return trials.map(({ path }) => pathKey(path));
}
