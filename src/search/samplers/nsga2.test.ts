import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dtlz2, zdt1 } from '../../../test/support/discretised.js';
import { oneByOne } from '../../../test/support/oneByOne.js';
import { keysOf, TINY, total } from '../../../test/support/separable.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { pathKey, type Path } from '../../space/space.js';
import { Study, type Problem } from '../study.js';
import { populationAfter } from '../survival.js';
import type { Trial } from '../trial.js';
import { nsga2 } from './nsga2.js';

const SMALL = { population: 12, generations: 6 };
const PROBLEM = zdt1({ genes: 6, levels: 9 });

async function search(problem: Problem, seed: number, size = SMALL, probability = 0.2): Promise<readonly Trial[]> {
  return new Study(problem, nsga2({ probability }), seeded(seed)).run(size);
}

/** The sum of the genes against their spread: two objectives over the tiny space. */
function tiny(isLegal: (path: Path) => boolean): Problem {
  return oneByOne({
    space: TINY,
    isLegal,
    measure: () => ({}),
    score: async (path: Path) => ({ values: [total(path), Math.min(...path) - Math.max(...path)] }),
  });
}

describe('NSGA-II', () => {
  test('starts with random paths, then has two parents of the population for every child', async () => {
    const trials = await search(PROBLEM, 1);
    assert.equal(trials.length, SMALL.population * SMALL.generations);
    assert.equal(new Set(keysOf(trials)).size, trials.length);
    for (const { generation, origin } of trials) {
      const { operator, parents } = origin;
      assert.equal(operator, generation === 0 ? 'random' : 'crossover+mutation');
      assert.equal(parents.length, generation === 0 ? 0 : 2);
      const earlier = trials.filter((each) => each.generation < generation);
      const population = populationAfter(earlier, SMALL.population).map(({ trial }) => trial.id);
      assert.ok(
        parents.every((id) => population.includes(id)),
        'a parent is not of the population',
      );
    }
  });

  test('without mutation, takes every gene from a parent', async () => {
    const trials = await search(PROBLEM, 2, SMALL, 0);
    for (const { path, origin } of trials.filter(({ origin }) => origin.operator !== 'random')) {
      const [first, second] = origin.parents.map((id) => trials[id].path);
      assert.ok(path.every((gene, position) => gene === first[position] || gene === second[position]));
    }
  });

  test('prefers parents of better rank and more room', async () => {
    const first = await search(PROBLEM, 3, { population: 40, generations: 1 });
    const population = populationAfter(first, 40);
    const children = nsga2({ probability: 0.2 }).ask({ ...PROBLEM, trials: first, wanted: 40 }, seeded(3));
    const parents = children.flatMap(({ origin }) => origin.parents);
    const mean = (ranks: readonly number[]): number => ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
    const rankOf = new Map(population.map(({ trial, rank }) => [trial.id, rank]));
    const ofParents = mean(parents.map((id) => rankOf.get(id) ?? NaN));
    assert.ok(ofParents < 0.8 * mean(population.map(({ rank }) => rank)), `${ofParents}`);
  });

  test('proposes only from the trials and the stream, so it resumes anywhere', async () => {
    const whole = await search(PROBLEM, 4);
    for (const stop of [0, 5, 12, 30, 71]) {
      const known = new Map(whole.slice(0, stop).map(({ path, values }) => [pathKey(path), { values }]));
      let scored = 0;
      const counted = oneByOne({
        ...PROBLEM,
        score: async (path: Path) => {
          scored += 1;
          return PROBLEM.score(path);
        },
      });
      const resumed = await new Study(counted, nsga2({ probability: 0.2 }), seeded(4), { known }).run(SMALL);
      assert.deepEqual(resumed, whole);
      assert.equal(scored, whole.length - stop);
    }
    assert.notDeepEqual(keysOf(await search(PROBLEM, 5)), keysOf(whole));
  });

  test('scores only legal paths, each once, and all of them when they are few', async () => {
    const limits = fc.integer({ min: 0, max: 9 });
    const sizes = fc.record({
      population: fc.integer({ min: 1, max: 9 }),
      generations: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, sizes, fc.integer(), async (limit, size, seed) => {
        const trials = await search(
          tiny((path) => total(path) <= limit),
          seed,
          size,
        );
        const digits = [0, 1, 2, 3];
        const legal = digits.flatMap((a) => digits.flatMap((b) => digits.filter((c) => a + b + c <= limit))).length;
        assert.equal(trials.length, Math.min(legal, size.population * size.generations));
        assert.equal(new Set(keysOf(trials)).size, trials.length);
        assert.ok(trials.every(({ path }) => total(path) <= limit));
      }),
      { numRuns: 40 },
    );
  });

  test('finds most of a front that is known', async () => {
    const trials = await search(dtlz2({ genes: 6, levels: 5 }), 1, { population: 40, generations: 20 }, 1 / 6);
    // On the front of DTLZ2 the objectives are a point of the unit sphere.
    const onFront = trials.filter(({ values }) => Math.hypot(...values) < 1 + 1e-9);
    const distinct = new Set(onFront.map(({ values }) => values.map((value) => value.toFixed(9)).join()));
    // 5 × 5 angles, of which five coincide where the first angle is a right one.
    assert.ok(distinct.size >= 18, `${distinct.size} of 21`);
  });

  test('fails at once when no path is legal', async () => {
    await assert.rejects(
      search(
        tiny(() => false),
        1,
      ),
      UserError,
    );
  });

  test('refuses a probability that is none', () => {
    assert.throws(() => nsga2({ probability: 1.5 }), UserError);
    assert.throws(() => nsga2({ probability: NaN }), UserError);
  });
});
