import type { Objectives } from './pareto.js';
import type { Trial } from './trial.js';

/**
 * The `count` trials with the highest fitness, best first. Of equal fitness, those come first that are better in the
 * second objective, and so on; then those of lower loss; then the earlier ones. A
 * trial without a loss comes after those with one. So the first is on the front.
 */
export function best<T extends Trial>(trials: readonly T[], count: number): T[] {
  return trials
    .toSorted((one, other) => compare(other.values, one.values) || byLoss(one, other) || one.id - other.id)
    .slice(0, count);
}

function byLoss({ loss: one = Infinity }: Trial, { loss: other = Infinity }: Trial): number {
  // Not a difference, which is no number for two that are missing.
  return Number(one > other) - Number(one < other);
}

/** Compares by the first objective that differs. */
function compare(one: Objectives, other: Objectives): number {
  const differs = one.findIndex((value, objective) => value !== other[objective]);
  return differs < 0 ? 0 : one[differs] - other[differs];
}
