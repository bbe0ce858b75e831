import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { best } from './best.js';
import type { Trial } from './trial.js';

describe('best', () => {
  test('sorts by fitness, then by age', () => {
    const trials = [0.1, 0.5, 0.5, 0.9].map((fitness, id): Trial => ({
      id,
      path: [id],
      values: [fitness],
      measures: {},
      generation: 0,
      origin: { operator: 'random', parents: [] },
    }));
    assert.deepEqual(
      best(trials, 3).map(({ id }) => id),
      [3, 1, 2],
    );
    assert.equal(best(trials, 9).length, 4);
  });

  test('orders equal fitness by loss, then those without one, then by age', () => {
    const scores = [
      [0.5, 0.1],
      [0.9, 0.7],
      [0.9, undefined],
      [0.9, 0.3],
      [0.9, undefined],
      [0.9, 0.3],
    ] as const;
    const trials = scores.map(([fitness, loss], id): Trial => ({
      id,
      path: [id],
      values: [fitness],
      ...(loss !== undefined && { loss }),
      measures: {},
      generation: 0,
      origin: { operator: 'random', parents: [] },
    }));
    assert.deepEqual(
      best(trials, 6).map(({ id }) => id),
      [3, 5, 1, 2, 4, 0],
    );
  });

  test('of several objectives, puts a trial of the front first', () => {
    const trials = [
      [0.5, -3],
      [0.9, -9],
      [0.9, -7],
      [0.9, -7],
    ].map((values, id): Trial => ({
      id,
      path: [id],
      values,
      measures: {},
      generation: 0,
      origin: { operator: 'random', parents: [] },
    }));
    assert.deepEqual(
      best(trials, 4).map(({ id }) => id),
      [2, 3, 1, 0],
    );
  });
});
