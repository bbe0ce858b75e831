import type { Shape } from './tensor.js';

/** `[2, 3]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** True when both have the same rank and extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * The shape of `a` and `b` broadcast against each other (NumPy's rule: align at the right, an extent of 1 stretches).
 * Returns undefined when two extents differ and neither is 1.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    result.push(left === 1 ? right : left);
  }
  return result;
}

/** The axes of `wide` along which a tensor of shape `narrow` was broadcast; sum over them to reverse it. */
export function broadcastAxes(narrow: Shape, wide: Shape): readonly number[] {
  const added = wide.length - narrow.length;
  return wide.flatMap((extent, axis) => (axis < added || (narrow[axis - added] === 1 && extent !== 1) ? [axis] : []));
}

/** Converts a negative axis (-1 = last) to one counted from the front. Throws a RangeError outside the rank. */
export function normalAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    throw new RangeError(`axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return result;
}

/** `shape` with the extent at `axis` replaced. */
export function withExtent(shape: Shape, axis: number, extent: number): Shape {
  return shape.map((old, at) => (at === axis ? extent : old));
}
