import { normalAxis } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import type { Value } from '../value.js';

/** An axis of `x`, counted from the front; -1 means the last. Throws a GraphError if it does not exist. */
export function axisOf(operator: string, x: Value, axis: number): number {
  try {
    return normalAxis(axis, x.shape.length);
  } catch (error) {
    throw error instanceof RangeError ? new GraphError(`${operator}: ${error.message}`) : error;
  }
}
