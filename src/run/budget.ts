import { deit } from '../family/glit/architecture.js';
import { costOf, costOfPath, type CostTable } from '../measure/cost.js';
import { isWithin, type Budget } from '../measure/budget.js';
import { findPathWithin } from '../measure/checkBudget.js';
import type { LegalPaths } from '../search/legal.js';
import type { GlitBackbone } from '../family/glit/backbone.js';
import type { Config } from '../config/config.js';

/** The run's budget: the configured one, or at most the MACs of a DeiT with the same backbone. */
export function budgetOf({ budget, model }: Config, backbone: GlitBackbone): Budget {
  if (Object.values(budget).some((bounds) => bounds !== undefined)) return budget;
  return { macs: { max: costOf(deit({ ...backbone, depth: model.depth })).macs } };
}

/**
 * The share of the limit from which candidates are drawn: the configured one, or all of it for several objectives, whose
 * front has cheap networks as well.
 */
export function nearLimitOf({ search }: Config): number {
  return search.objectives.length > 1 ? 1 : search.nearLimit;
}

/** The paths of a table's space that are within the budget, however rare they are. */
export function pathsWithin(table: CostTable, budget: Budget): LegalPaths {
  return {
    space: table.space,
    isLegal: (path) => isWithin(budget, costOfPath(table, path)),
    anyLegal: (except) => findPathWithin(table, budget, except),
  };
}
