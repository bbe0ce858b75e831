import type { Rng } from '../random/rng.js';
import { costRange, shareWithin, type Budget } from './budget.js';
import type { CostTable } from './cost.js';
import { MEASURES, SUM } from './measure.js';

/** The share of uniform draws that a floor must leave. With less, drawing candidates takes too many tries. */
const LEAST_SHARE = 1e-3;

/**
 * The budget without candidates that are far below its limit: one upper bound becomes a range of `share` below it.
 * Uniform draws are much smaller than a budget allows, and the best network within it rarely is.
 *
 * The bound is that of the first measure whose range random candidates reach. A bound above the largest candidate
 * counts as that candidate's cost. A measure with a lower bound of its own is left alone, and so is one whose value is the
 * largest of the parts', such as peak memory: being near its limit says little about a network. The budget stays as it is
 * when `share` is 1, when it has no upper bound, or when random candidates reach none of the ranges.
 */
export function nearLimit(table: CostTable, budget: Budget, share: number, rng: Rng): Budget {
  if (share === 1) return budget;
  const range = costRange(table);
  for (const { key, combine } of MEASURES) {
    const { min, max } = budget[key] ?? {};
    if (combine !== SUM) continue;
    if (max === undefined || min !== undefined) continue;
    const floored: Budget = { ...budget, [key]: { min: (1 - share) * Math.min(max, range[key]?.max ?? max), max } };
    if (shareWithin(table, floored, rng.fork(key)) >= LEAST_SHARE) return floored;
  }
  return budget;
}
