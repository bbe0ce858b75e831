/** The largest of any number of values; NaN if one is NaN. Spread over the arguments of Math.max, some hundred thousand overflow the stack. */
export function largest(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}
