import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { spread } from './spread.js';

const front = (...costs: readonly number[]): { readonly values: readonly number[] }[] =>
  costs.map((cost) => ({ values: [cost / 100, -cost] }));

describe('trials spread over a front', () => {
  test('are its ends and the nearest to even steps between them, most accurate first', () => {
    const chosen = spread(front(10, 11, 12, 29, 33, 48, 50), 3);
    assert.deepEqual(
      chosen.map(({ values }) => values[1]),
      [-50, -29, -10],
    );
  });

  test('include both ends, none twice, and all of a small front', () => {
    const costs = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 25 }), (list, count) => {
        const chosen = spread(front(...list), count);
        assert.equal(chosen.length, Math.min(count, list.length));
        assert.equal(new Set(chosen).size, chosen.length);
        assert.equal(chosen[0].values[1], -Math.max(...list));
        if (count > 1) assert.equal(chosen.at(-1)?.values[1], -Math.min(...list));
      }),
    );
  });

  test('of three objectives go from the most accurate to the cheapest', () => {
    const chosen = spread(
      [{ values: [0.5, -5, -1] }, { values: [0.9, -7, -9] }, { values: [0.8, -9, -2] }, { values: [0.7, -6, -5] }],
      2,
    );
    assert.deepEqual(
      chosen.map(({ values }) => values[0]),
      [0.9, 0.5],
    );
  });
});
