import type { Config } from '../../config/config.js';
import { costRange } from '../../measure/budget.js';
import { costOfPath, type CostTable } from '../../measure/cost.js';
import type { Rng } from '../../random/rng.js';
import type { Space } from '../../space/space.js';
import { fairPaths, sizedDecay, spreadPaths, uniformPaths, type PathSchedule } from '../../train/paths.js';

const PATHS: Record<Config['search']['paths'], (space: Space, rng: Rng) => PathSchedule> = {
  uniform: uniformPaths,
  fair: fairPaths,
  spread: spreadPaths,
};

/** The paths that a supernet's steps train, by the settings of the search. A path's size is its MACs. */
export function supernetPaths(
  { paths: kind, sizedDecay: strength }: Pick<Config['search'], 'paths' | 'sizedDecay'>,
  table: CostTable,
  rng: Rng,
): PathSchedule {
  const paths = PATHS[kind](table.space, rng);
  if (strength === 0) return paths;
  const { min, max } = costRange(table).macs;
  return sizedDecay(paths, (path) => (costOfPath(table, path).macs - min) / Math.max(1, max - min), strength);
}
