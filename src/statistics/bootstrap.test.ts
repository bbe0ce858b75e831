import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { bootstrapInterval } from './bootstrap.js';
import { kendallTau } from './kendall.js';
import { quantile } from './quantile.js';
import { summarize, summarizeDifference } from './summary.js';
import { topKRegret } from './topKRegret.js';

const near = (actual: number | undefined, expected: number, tolerance: number): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

const FIRST = [91.2, 90.1, 92.4, 91.9, 90.8, 91.5, 92.0, 90.4];
const SECOND = [90.3, 90.0, 91.1, 91.2, 90.9, 90.2, 91.6, 89.9];

describe('a bootstrap interval', () => {
  // scipy.stats.bootstrap 1.17.1, method="percentile": a million resamples for means, 40,000 for τ. The tolerances are
  // three standard errors of a quantile of 10,000 resamples.
  test("of a mean and of a paired difference is scipy's", () => {
    const mean = summarize(FIRST, { rng: seeded('mean') });
    near(mean.mean, 91.2875, 1e-12);
    near(mean.sd, 0.8114141095290744, 1e-12);
    near(mean.interval?.low, 90.7625, 0.02);
    near(mean.interval?.high, 91.8, 0.02);
    const difference = summarizeDifference(FIRST, SECOND, { rng: seeded('difference') });
    near(difference.mean, 0.6375, 1e-12);
    near(difference.sd, 0.5153015760559235, 1e-12);
    near(difference.interval?.low, 0.3, 0.015);
    near(difference.interval?.high, 0.975, 0.015);
  });

  test("of τ is scipy's", () => {
    const x = [0.61, 0.61, 0.6, 0.58, 0.62, 0.57, 0.61, 0.59, 0.63, 0.55, 0.64, 0.6];
    const y = [0.7, 0.71, 0.69, 0.7, 0.73, 0.66, 0.7, 0.69, 0.71, 0.68, 0.75, 0.72];
    near(kendallTau(x, y), 0.6829494005118092, 1e-15);
    const of = (values: readonly number[], drawn: readonly number[]): number[] => drawn.map((index) => values[index]);
    const interval = bootstrapInterval(12, (drawn) => kendallTau(of(x, drawn), of(y, drawn)), { rng: seeded('tau') });
    near(interval?.low, 0.3424, 0.02);
    near(interval?.high, 0.9266, 0.01);
  });

  test('is the same for the same stream, within the values, and around the mean', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 }),
        (values) => {
          const { mean, interval } = summarize(values, { rng: seeded(1), resamples: 500 });
          assert.deepEqual(interval, summarize(values, { rng: seeded(1), resamples: 500 }).interval);
          assert.ok(interval !== undefined);
          const rounding = 1e-9;
          assert.ok(interval.low >= Math.min(...values) - rounding && interval.high <= Math.max(...values) + rounding);
          assert.ok(interval.low <= mean + rounding && interval.high >= mean - rounding);
        },
      ),
    );
  });

  test('leaves out resamples without a value, and is undefined without any', () => {
    const odd = bootstrapInterval(3, ([first]) => (first === 1 ? undefined : 5), { rng: seeded(2), resamples: 100 });
    assert.deepEqual(odd, { low: 5, high: 5 });
    assert.equal(
      bootstrapInterval(3, () => undefined, { rng: seeded(2), resamples: 100 }),
      undefined,
    );
  });

  test('of one measurement is undefined, and of none refused', () => {
    const { mean, sd, interval } = summarize([7], { rng: seeded(3) });
    assert.deepEqual([mean, sd, interval], [7, undefined, undefined]);
    assert.throws(() => summarize([], { rng: seeded(3) }), /no measurements/);
    assert.throws(() => summarizeDifference([1, 2], [1], { rng: seeded(3) }), /cannot be paired/);
  });
});

test("a quantile is numpy's, interpolated", () => {
  const ascending = [1, 1, 2, 3, 4, 5, 6, 9];
  const shares = [0, 0.025, 0.25, 0.5, 0.9, 1];
  // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], shares)
  [1, 1, 1.75, 3.5, 6.9, 9].forEach((expected, index) => near(quantile(ascending, shares[index]), expected, 1e-12));
  assert.throws(() => quantile([], 0.5), /no quantile/);
});

describe('top-k regret', () => {
  test('is what the choice loses', () => {
    const predicted = [0.5, 0.9, 0.7, 0.1];
    const actual = [70, 75, 74, 80];
    assert.deepEqual(
      [1, 2, 3, 4].map((k) => topKRegret(predicted, actual, k)),
      [5, 5, 5, 0],
    );
  });

  test('falls with k, is never negative, and is 0 for a prediction that is right', () => {
    const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 99 })), { minLength: 1 });
    fc.assert(
      fc.property(items, (pairs) => {
        const predicted = pairs.map(([each]) => each);
        const actual = pairs.map(([, each]) => each);
        const regrets = actual.map((_, index) => topKRegret(predicted, actual, index + 1));
        regrets.forEach((regret, index) => assert.ok(regret >= 0 && regret <= (regrets[index - 1] ?? Infinity)));
        assert.equal(regrets.at(-1), 0);
        assert.equal(topKRegret(actual, actual, 1), 0);
      }),
    );
  });
});
