import { concat, constant, expand, type Value } from '../../graph/index.js';

/**
 * A vector for all elements: `decayed` where there is weight decay, `otherwise` elsewhere. `runs` are the lengths of both
 * in turn. Groups of equal size share one, which is cheaper than splitting and joining parameters.
 */
export function decayVector(decayed: Value, otherwise: number, runs: readonly number[]): Value {
  return concat(
    runs.map((length, run) => expand(run % 2 === 0 ? decayed : constant(otherwise), [length])),
    0,
  );
}
