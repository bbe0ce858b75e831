import type { Rng } from '../random/rng.js';
import { quantile } from './quantile.js';

/** An interval of a statistic's likely values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly rng: Rng;
  /** The probability that the interval covers. Default: 0.95. */
  readonly confidence?: number;
  /** Default: 10,000. */
  readonly resamples?: number;
}

/**
 * The bootstrap percentile interval of a statistic of `count` observations (Efron 1979): it is computed for samples of as
 * many observations, drawn with replacement and given by index. Resamples without a value, such as the correlation of
 * equal numbers, are left out. Undefined when there is none with a value.
 */
export function bootstrapInterval(
  count: number,
  statistic: (drawn: readonly number[]) => number | undefined,
  { rng, confidence = 0.95, resamples = 10_000 }: BootstrapOptions,
): Interval | undefined {
  const values: number[] = [];
  for (let index = 0; index < resamples; index++) {
    const value = statistic(Array.from({ length: count }, () => rng.int(count)));
    if (value !== undefined) values.push(value);
  }
  if (values.length === 0) return undefined;
  const ascending = Float64Array.from(values).sort();
  const tail = (1 - confidence) / 2;
  return { low: quantile(ascending, tail), high: quantile(ascending, 1 - tail) };
}
