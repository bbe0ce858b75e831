import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HIGH, keysOf, LOW, separable, TINY, total } from '../../../test/support/separable.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import type { Path } from '../../space/space.js';
import { best } from '../best.js';
import type { Sampler } from '../sampler.js';
import { Study } from '../study.js';
import { evolution } from './evolution.js';
import { randomSearch } from './randomSearch.js';

const SMALL = { population: 8, generations: 3 };

describe('random search', () => {
  test('scores the same number of candidates, all random, legal and new', async () => {
    const sizes = fc.record({
      population: fc.integer({ min: 1, max: 12 }),
      generations: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer(), async (size, seed) => {
        const problem = separable(HIGH, seed, (path) => total(path) <= 14);
        const trials = await new Study(problem, randomSearch, seeded(seed)).run(size);
        assert.equal(trials.length, size.population * size.generations);
        assert.equal(new Set(keysOf(trials)).size, trials.length);
        assert.ok(trials.every(({ path, origin }) => total(path) <= 14 && origin.operator === 'random'));
        assert.equal(trials.at(-1)?.generation, size.generations - 1);
      }),
      { numRuns: 20 },
    );
  });

  test('starts as the evolution with the same seed does', async () => {
    const [random, evolved] = await Promise.all([
      new Study(separable(LOW, 1), randomSearch, seeded(1)).run(SMALL),
      new Study(separable(LOW, 1), evolution(SMALL), seeded(1)).run(SMALL),
    ]);
    assert.deepEqual(random.slice(0, 8), evolved.slice(0, 8));
  });

  test('ends with all legal candidates when they are fewer than asked', async () => {
    const size = { population: 50, generations: 20 };
    assert.equal((await new Study(separable(TINY, 1), randomSearch, seeded(1)).run(size)).length, 64);
  });

  test('fails at once when no candidate is legal', async () => {
    const problem = separable(HIGH, 1, () => false);
    await assert.rejects(new Study(problem, randomSearch, seeded(1)).run(SMALL), UserError);
  });

  test('is beaten by the evolution, under a limit too', async () => {
    const size = { population: 30, generations: 10 };
    for (const isLegal of [() => true, (path: Path) => total(path) <= 40]) {
      let gain = 0;
      let wins = 0;
      const seeds = 10;
      for (let seed = 0; seed < seeds; seed++) {
        const problem = separable(LOW, seed, isLegal);
        const top = async (sampler: Sampler): Promise<number> => {
          const [winner] = best(await new Study(problem, sampler, seeded(seed)).run(size), 1);
          return (winner?.values[0] ?? NaN) / problem.optimum;
        };
        const difference = (await top(evolution(size))) - (await top(randomSearch));
        gain += difference / seeds;
        wins += difference > 0 ? 1 : 0;
      }
      assert.ok(wins >= 9 && gain > 0.05, `${wins} wins of ${seeds}, mean gain ${gain}`);
    }
  });
});
