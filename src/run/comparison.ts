import { accepts } from '../model/budget.js';
import { costOf, costOfPath, costTable } from '../model/cost.js';
import { nearestDeit } from '../model/presets.js';
import type { Rng } from '../random/rng.js';
import { drawLegal } from '../search/legal.js';
import { architecture, type Architecture, type Backbone } from '../space/architecture.js';
import { jointSpace, nlpSpace, paperLowLevel, releasedLowLevel } from '../space/lowLevel.js';
import { blocksOf } from '../space/space.js';
import { budgetOf } from './budget.js';
import type { Config } from '../config/config.js';
import { lowLevelOptions } from './hierarchicalSearch.js';

/** The DeiT that the found architecture is held against: of its depth and heads, with as many MACs or barely more. */
export function deitFor(found: Architecture): Architecture {
  const { backbone, blocks } = found;
  return nearestDeit({ ...backbone, depth: blocks.length, macs: costOf(found).macs });
}

/** A candidate within the budget that nothing was known about: both levels drawn uniformly. */
export function randomCandidate(config: Config, backbone: Backbone, rng: Rng): Architecture {
  const { depth, heads } = config.model;
  const size = { depth, heads, ...lowLevelOptions(config) };
  const space =
    config.space.lowLevel === 'nlp'
      ? nlpSpace(size)
      : jointSpace(config.space.lowLevel === 'paper' ? paperLowLevel : releasedLowLevel, size);
  const table = costTable(backbone, space);
  const budget = budgetOf(config, backbone);
  const path = drawLegal({ space, accept: (candidate) => accepts(budget, costOfPath(table, candidate)) }, rng);
  return architecture({ name: 'random', backbone, blocks: blocksOf(space, path) });
}
