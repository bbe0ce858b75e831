/**
 * The quantile `share` (0 to 1) of values in ascending order, interpolated linearly between neighbours: numpy's default.
 * Throws a RangeError when there are no values.
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) throw new RangeError('no values have no quantile');
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (position - below) * (ascending[above] - ascending[below]);
}
