import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';

/** Repeated measurements in short. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** The sample's standard deviation, with n - 1 in the denominator; undefined for one value. */
  readonly sd: number | undefined;
  /** The bootstrap interval of the mean; undefined for one value. */
  readonly interval: Interval | undefined;
}

/** Summarises measurements such as one network's accuracy with several seeds. Throws a RangeError without any. */
export function summarize(values: readonly number[], options: BootstrapOptions): Summary {
  const { length: count } = values;
  if (count === 0) throw new RangeError('no measurements have no mean');
  const mean = meanOf(values);
  if (count === 1) return { count, mean, sd: undefined, interval: undefined };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const interval = bootstrapInterval(count, (drawn) => meanOf(drawn.map((index) => values[index])), options);
  return { count, mean, sd: Math.sqrt(squares / (count - 1)), interval };
}

/**
 * Summarises the differences of paired measurements, such as two methods with the same seeds. Throws a RangeError when the lengths differ or are 0.
 */
export function summarizeDifference(
  values: readonly number[],
  subtracted: readonly number[],
  options: BootstrapOptions,
): Summary {
  if (values.length !== subtracted.length) {
    throw new RangeError(`${values.length} values cannot be paired with ${subtracted.length}`);
  }
  return summarize(
    values.map((value, index) => value - subtracted[index]),
    options,
  );
}

/** The arithmetic mean; NaN without values. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
