import { costOf } from '../../measure/cost.js';
import { nearestDeit, scaledPreset } from '../../measure/scaled.js';
import type { Architecture } from '../../family/family.js';
import type { GlitBackbone } from '../../family/glit/backbone.js';
import { budgetOf } from '../budget.js';
import type { Config } from '../../config/config.js';
import { backboneOf } from '../levels/hierarchicalSearch.js';

/** A network to compare the found one with. */
export interface ComparisonNetwork {
  readonly name: string;
  readonly architecture: Architecture;
}

/** The networks to compare with that need no search: a DeiT, unless that is switched off, and published ones. */
export function comparisonNetworks(config: Config, found: Architecture, classes: number): readonly ComparisonNetwork[] {
  const deit = { name: 'deit', architecture: deitFor(config, found, backboneOf(config, classes)) };
  const published = [...scaledBaselines(config, classes)].map(([name, built]) => ({ name, architecture: built }));
  return config.retrain.baselines ? [deit, ...published] : published;
}

/**
 * The DeiT to compare with: the same depth and heads, and the MACs of the budget's limit or slightly more. Without a
 * limit of MACs, it has those of the found architecture.
 */
function deitFor(config: Config, found: Architecture, backbone: GlitBackbone): Architecture {
  const macs = budgetOf(config, backbone).macs?.max ?? costOf(found).macs;
  return nearestDeit({ ...backbone, depth: found.blocks.length, macs });
}

/** The configured published networks, each as wide as the budget allows. Throws a UserError when one does not fit. */
export function scaledBaselines(config: Config, classes: number): ReadonlyMap<string, Architecture> {
  const { imageSize } = config.model;
  const budget = budgetOf(config, backboneOf(config, classes));
  const names = config.retrain.compare ?? [];
  return new Map(names.map((name) => [name, scaledPreset(name, budget, { imageSize, classes })]));
}
