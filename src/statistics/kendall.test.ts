import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { kendallTau } from './kendall.js';

// scipy.stats.kendalltau 1.17.1 computed these.
const SCIPY: readonly (readonly [x: readonly number[], y: readonly number[], tau: number])[] = [
  [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.4714045207910316],
  [[1, 2, 3, 4, 5, 6], [3, 1, 2, 6, 5, 4], 0.3333333333333333],
  [[0.61, 0.61, 0.6, 0.58, 0.62, 0.57, 0.61, 0.59], [0.7, 0.71, 0.69, 0.7, 0.73, 0.66, 0.7, 0.69], 0.7348469228349536],
  [[1, 1, 1, 2], [5, 4, 5, 4], -0.5773502691896258],
  [[3, 1, 2, 5, 4, 9, 9], [-1, -1, 2, 2, 0, 7, 7], 0.737864787372622],
];

/** Pairs of small integers, so that ties are frequent. */
const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 20 });
const sides = (values: readonly (readonly [number, number])[]): [number[], number[]] => [
  values.map(([x]) => x),
  values.map(([, y]) => y),
];

describe("Kendall's τ", () => {
  test("is scipy's, with ties and without", () => {
    // The same few operations in another order: a rounding or two.
    for (const [x, y, tau] of SCIPY) assert.ok(Math.abs((kendallTau(x, y) ?? NaN) - tau) < 1e-15, String(x));
  });

  test('is undefined where a side has no order, and refuses sides of different lengths', () => {
    assert.equal(kendallTau([], []), undefined);
    assert.equal(kendallTau([1], [2]), undefined);
    assert.equal(kendallTau([1, 1, 1], [1, 2, 3]), undefined);
    assert.throws(() => kendallTau([1, 2], [1]), /2 values cannot be paired with 1/);
  });

  test('of an order with itself is 1, with its reverse -1', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 20 }), (x) => {
        assert.equal(kendallTau(x, x), 1);
        assert.equal(
          kendallTau(
            x,
            x.map((each) => -each),
          ),
          -1,
        );
      }),
    );
  });

  test('is symmetric, ignores the order of pairs and monotone maps, and lies within -1 and 1', () => {
    fc.assert(
      fc.property(pairs, (values) => {
        const [x, y] = sides(values);
        const tau = kendallTau(x, y);
        assert.equal(kendallTau(y, x), tau);
        assert.equal(kendallTau(...sides(values.toReversed())), tau);
        assert.equal(
          kendallTau(
            x.map((each) => each ** 3 - 5),
            y,
          ),
          tau,
        );
        assert.ok(tau === undefined || (tau >= -1 && tau <= 1));
      }),
    );
  });
});
