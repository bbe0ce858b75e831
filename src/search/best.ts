import type { Objectives } from './pareto.js';
import type { Trial } from './trial.js';

/**
 * The `count` trials with the highest fitness, best first. Of equal fitness, those come first that are better in the
 * second objective, and so on; then the earlier ones. So the first is on the front.
 */
export function best<T extends Trial>(trials: readonly T[], count: number): T[] {
  return trials.toSorted((one, other) => compare(other.values, one.values) || one.id - other.id).slice(0, count);
}

/** Compares by the first objective that differs. */
function compare(one: Objectives, other: Objectives): number {
  const differs = one.findIndex((value, objective) => value !== other[objective]);
  return differs < 0 ? 0 : one[differs] - other[differs];
}
