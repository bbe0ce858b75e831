import type { Evaluated } from './types.js';

/** The `count` fittest, best first; of equal ones the earlier comes first. */
export function best<E extends Evaluated>(evaluated: readonly E[], count: number): E[] {
  return evaluated.toSorted((one, other) => other.fitness - one.fitness || one.id - other.id).slice(0, count);
}
