import type { Trial } from './trial.js';

/** The `count` trials of the highest fitness, best first; of equal ones the earlier comes first. */
export function best<T extends Trial>(trials: readonly T[], count: number): T[] {
  return trials.toSorted((one, other) => other.values[0] - one.values[0] || one.id - other.id).slice(0, count);
}
