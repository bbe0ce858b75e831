import type { LatencyErrors } from '../measure/latencyTable.js';

/** The errors of predictions, relative to what was measured. */
export function errorsOf(predicted: readonly number[], measured: readonly number[]): LatencyErrors {
  const errors = predicted.map((value, at) => Math.abs(value / measured[at] - 1));
  return {
    within10: errors.filter((error) => error <= 0.1).length / errors.length,
    median: quantile(errors, 0.5),
    p95: quantile(errors, 0.95),
  };
}

/** The quantile at `share` (0 to 1) of a list that is not empty, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
