import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dominates } from './pareto.js';
import { isBetter, populationAfter } from './survival.js';
import type { Trial } from './trial.js';

/** Trials with these objectives, generation by generation. */
function trialsOf(...generations: readonly (readonly (readonly number[])[])[]): Trial[] {
  return generations
    .flatMap((each, generation) => each.map((values) => ({ values, generation })))
    .map((each, id) => ({ ...each, id, path: [id], measures: {}, origin: { operator: 'random', parents: [] } }));
}

const idsOf = (trials: readonly Trial[], size: number): number[] =>
  populationAfter(trials, size).map(({ trial }) => trial.id);

describe('the population', () => {
  test('is the whole first generation, with ranks and crowding distances', () => {
    const trials = trialsOf([
      [0, 4],
      [4, 0],
      [3, 3],
      [1, 1],
    ]);
    assert.deepEqual(
      populationAfter(trials, 4).map(({ trial, rank, crowding }) => [trial.id, rank, crowding]),
      [
        [0, 0, Infinity],
        [1, 0, Infinity],
        [2, 0, 1],
        [3, 1, Infinity],
      ],
    );
  });

  test('loses the worst ranks first, then the most crowded of a rank', () => {
    const first = [
      [0, 10],
      [10, 0],
      [1, 1],
    ];
    const second = [
      [5, 5],
      [5.1, 4.9],
      [8, 2],
    ];
    // [1, 1] is dominated, and [5.1, 4.9] has the nearest neighbours.
    const trials = trialsOf(first, second);
    assert.deepEqual(idsOf(trials, 4).toSorted(), [0, 1, 3, 5]);
  });

  test('does not get back what an earlier survival removed', () => {
    const ends = [
      [0, 10],
      [10, 0],
    ];
    // Beside [5, 5], the third is the more crowded one; beside [5, 6.5], which dominates [5, 5], it would not be.
    const trials = trialsOf([...ends, [5, 5]], [[5.5, 4.6]], [[5, 6.5]]);
    assert.deepEqual(idsOf(trials, 3).toSorted(), [0, 1, 4]);
    const together = trials.map((each) => ({ ...each, generation: 0 }));
    assert.deepEqual(idsOf(together, 3).toSorted(), [0, 1, 3]);
  });

  test('has the size, keeps whole better ranks, and never drops a point for one that it dominates', () => {
    const values = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(2));
    const generations = fc.array(fc.array(values, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(generations, fc.integer({ min: 1, max: 8 }), (list, size) => {
        const trials = trialsOf(...list);
        const population = populationAfter(trials, size);
        assert.ok(population.length <= size);
        assert.equal(new Set(population.map(({ trial }) => trial.id)).size, population.length);
        const survivors = new Set(population.map(({ trial }) => trial));
        const contestants = [
          ...populationAfter(
            trials.filter(({ generation }) => generation < list.length - 1),
            size,
          ).map(({ trial }) => trial),
          ...trials.filter(({ generation }) => generation === list.length - 1),
        ];
        assert.equal(population.length, Math.min(size, contestants.length));
        for (const lost of contestants.filter((each) => !survivors.has(each))) {
          for (const { trial } of population) assert.ok(!dominates(lost.values, trial.values));
        }
      }),
    );
  });

  test('of no trials is empty', () => {
    assert.deepEqual(populationAfter([], 3), []);
  });
});

describe('a tournament', () => {
  test('goes by rank, then by crowding distance', () => {
    const [trial] = trialsOf([[0]]);
    assert.ok(isBetter({ trial, rank: 0, crowding: 0 }, { trial, rank: 1, crowding: Infinity }));
    assert.ok(!isBetter({ trial, rank: 1, crowding: Infinity }, { trial, rank: 0, crowding: 0 }));
    assert.ok(isBetter({ trial, rank: 1, crowding: 2 }, { trial, rank: 1, crowding: 1 }));
    assert.ok(!isBetter({ trial, rank: 1, crowding: Infinity }, { trial, rank: 1, crowding: Infinity }));
  });
});
