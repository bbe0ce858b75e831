/**
 * What a ranking loses by its choice: the best of all true values minus the best among the `k` items that are predicted
 * to be best. 0 when the best is among them. Items of equal prediction count in the given order.
 */
export function topKRegret(predicted: readonly number[], actual: readonly number[], k: number): number {
  const ranked = predicted.map((_, index) => index).sort((one, other) => predicted[other] - predicted[one]);
  return Math.max(...actual) - Math.max(...ranked.slice(0, k).map((index) => actual[index]));
}
