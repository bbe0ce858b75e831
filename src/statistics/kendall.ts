/**
 * Kendall's rank correlation τ-b of paired values (Kendall 1945): the share of concordant pairs minus that of
 * discordant ones, corrected for ties. 1 is the same order, -1 the reverse, 0 none. Undefined when all values of a side
 * are equal, so that there is no order. Throws a RangeError when the lengths differ.
 */
export function kendallTau(x: readonly number[], y: readonly number[]): number | undefined {
  if (x.length !== y.length) throw new RangeError(`${x.length} values cannot be paired with ${y.length}`);
  let surplus = 0; // concordant minus discordant pairs
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 1; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const dx = Math.sign(x[i] - x[j]);
      const dy = Math.sign(y[i] - y[j]);
      surplus += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  // One root of the product: it is exact where both counts are equal, so τ of equal orders is exactly 1.
  return untiedX === 0 || untiedY === 0 ? undefined : surplus / Math.sqrt(untiedX * untiedY);
}
