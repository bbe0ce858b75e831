import type { Trial } from './trial.js';

/** The `count` trials with the highest fitness, best first; ties go to the earlier trial. */
export function best<T extends Trial>(trials: readonly T[], count: number): T[] {
  return trials.toSorted((one, other) => other.values[0] - one.values[0] || one.id - other.id).slice(0, count);
}
