import { deit } from '../model/presets.js';
import { costOf } from '../model/cost.js';
import type { Budget } from '../model/budget.js';
import type { Backbone } from '../space/architecture.js';
import type { Config } from '../config/config.js';

/** The run's budget: what the configuration says, or at most the MACs of a DeiT with the same backbone. */
export function budgetOf({ budget, model }: Config, backbone: Backbone): Budget {
  if (budget.macs !== undefined || budget.parameters !== undefined) return budget;
  return { macs: { max: costOf(deit({ ...backbone, depth: model.depth })).macs } };
}
