import { GraphError } from '../error.js';
import type { Value } from '../value.js';
import { axisOf } from './axis.js';
import { concat } from './concat.js';
import { slice } from './slice.js';

/**
 * Moves the elements along each of `axes` by the shift of the same position, cyclically: element i goes to place
 * i + shift, and what would leave at one end comes in at the other.
 */
export function roll(x: Value, shifts: readonly number[], axes: readonly number[]): Value {
  if (shifts.length !== axes.length) {
    throw new GraphError(`roll: ${shifts.length} shifts do not fit ${axes.length} axes`);
  }
  return axes.reduce((rolled, axis, at) => rollAxis(rolled, shifts[at], axisOf('roll', x, axis)), x);
}

function rollAxis(x: Value, shift: number, axis: number): Value {
  const extent = x.shape[axis];
  const moved = ((shift % extent) + extent) % extent;
  if (moved === 0) return x;
  return concat([slice(x, axis, extent - moved, extent), slice(x, axis, 0, extent - moved)], axis);
}
