import { isWithin } from '../measure/budget.js';
import { nearLimit } from '../measure/nearLimit.js';
import { costOf, costOfPath, costsOfSpace } from '../measure/cost.js';
import { nearestDeit, scaledPreset } from '../measure/scaled.js';
import type { Rng } from '../random/rng.js';
import { drawLegal } from '../search/legal.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import type { GlitBackbone } from '../family/glit/backbone.js';
import { blocksOf } from '../space/space.js';
import { budgetOf } from './budget.js';
import type { Config } from '../config/config.js';
import { backboneOf, searchSpaceOf, spaceSettingsOf } from './hierarchicalSearch.js';

/** The DeiT baseline of the found architecture: the same depth and heads, with the same MACs or slightly more. */
export function deitFor(found: Architecture, backbone: GlitBackbone): Architecture {
  return nearestDeit({ ...backbone, depth: found.blocks.length, macs: costOf(found).macs });
}

/** The configured published networks, each as wide as the budget allows. Throws a UserError when one does not fit. */
export function scaledBaselines(config: Config, classes: number): ReadonlyMap<string, Architecture> {
  const { imageSize } = config.model;
  const budget = budgetOf(config, backboneOf(config, classes));
  const names = config.retrain.compare ?? [];
  return new Map(names.map((name) => [name, scaledPreset(name, budget, { imageSize, classes })]));
}

/** A random candidate within the budget, near its limit: all levels drawn uniformly. */
export function randomCandidate(config: Config, backbone: GlitBackbone, rng: Rng): Architecture {
  const space = searchSpaceOf(config).joint(spaceSettingsOf(config));
  const table = costsOfSpace(backbone, space);
  const budget = nearLimit(table, budgetOf(config, backbone), config.search.nearLimit, rng.fork('nearLimit'));
  const path = drawLegal({ space, isLegal: (candidate) => isWithin(budget, costOfPath(table, candidate)) }, rng);
  return architecture(space.family, { name: 'random', backbone, blocks: blocksOf(space, path) });
}
