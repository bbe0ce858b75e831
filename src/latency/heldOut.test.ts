import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../random/rng.js';
import { errorsOf, quantile } from './errors.js';
import { checkOf, HELD_OUT, stratifiedPaths } from './heldOut.js';

describe('held-out networks', () => {
  const sizes = Array.from({ length: 6 }, () => [3, 1, 2, 6, 5, 4, 8, 7]);
  const paths = stratifiedPaths(sizes, seeded('paths'));
  const sizeOf = (path: readonly number[]): number => path.reduce((sum, gene, at) => sum + sizes[at][gene], 0);

  test('spread from the smallest to the largest', () => {
    assert.equal(paths.length, HELD_OUT);
    assert.equal(sizeOf(paths[0]), 6);
    assert.equal(sizeOf(paths[HELD_OUT - 1]), 48);
    const values = paths.map(sizeOf);
    const thirds = [20, 34].map((limit) => values.filter((value) => value <= limit).length / HELD_OUT);
    assert.ok(thirds[0] > 0.2 && thirds[1] < 0.8, String(values));
    assert.deepEqual(stratifiedPaths(sizes, seeded('paths')), paths);
  });

  test('work with a single choice', () => {
    assert.deepEqual(
      stratifiedPaths([[1]], seeded('one')),
      Array.from({ length: HELD_OUT }, () => [0]),
    );
  });

  test('are compared with predictions, a constant and a repetition', () => {
    const check = checkOf({
      blocks: [['a'], ['b']],
      predicted: [10.5, 30],
      measured: [10, 20],
      again: [10, 25],
      constant: 10,
    });
    assert.equal(check.prediction.within10, 0.5);
    assert.equal(check.constant.within10, 0.5);
    assert.equal(check.repetition.within10, 0.5);
    assert.deepEqual(check.networks[1], { blocks: ['b'], predicted: 30, measured: 20, again: 25 });
  });
});

test('errors are relative, and quantiles interpolate', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([7], 0.95), 7);
  const { within10, median } = errorsOf([11, 18, 30], [10, 20, 20]);
  assert.ok(Math.abs(median - 0.1) < 1e-12 && within10 >= 1 / 3);
});
