import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { oneByOne } from '../../../test/support/oneByOne.js';
import { HIGH, keysOf, LOW, separable, TINY, total } from '../../../test/support/separable.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { pathKey, type Path } from '../../space/space.js';
import { best } from '../best.js';
import { evolutionSettings, type EvolutionSettings } from '../settings.js';
import { Study, type Problem } from '../study.js';
import type { Trial } from '../trial.js';
import { evolution } from './evolution.js';

async function evolve(
  problem: Problem,
  settings: Partial<EvolutionSettings>,
  rng = seeded(1),
): Promise<readonly Trial[]> {
  return new Study(problem, evolution(settings), rng).run(evolutionSettings(settings));
}

describe('evolution', () => {
  test("with SPOS's defaults scores 1,000 candidates in 20 generations", async () => {
    const trials = await evolve(separable(LOW, 1), {});
    assert.equal(trials.length, 1000);
    for (let generation = 0; generation < 20; generation++) {
      const members = trials.filter((each) => each.generation === generation);
      assert.equal(members.length, 50);
      const count = (operator: string): number => members.filter(({ origin }) => origin.operator === operator).length;
      const counts = [count('random'), count('mutation'), count('crossover')];
      if (generation === 0) assert.deepEqual(counts, [50, 0, 0]);
      // Later the best are similar, attempts run out, and random candidates fill the remaining slots.
      else if (generation <= 5) assert.deepEqual(counts, [0, 25, 25]);
      else assert.ok(count('mutation') <= 25 && count('crossover') <= 25);
    }
  });

  test('breeds only from the best candidates of the earlier generations', async () => {
    const parents = 4;
    const trials = await evolve(separable(LOW, 3), { population: 20, generations: 6, parents }, seeded(3));
    for (const { path, generation, origin } of trials) {
      const elite = best(
        trials.filter((each) => each.generation < generation),
        parents,
      );
      const ancestors = origin.parents.map((id) => elite.find((each) => each.id === id));
      assert.ok(!ancestors.includes(undefined), 'a parent is not among the best');
      const expected: Record<string, number> = { random: 0, mutation: 1, crossover: 2 };
      assert.equal(ancestors.length, expected[origin.operator]);
      if (origin.operator === 'crossover') {
        assert.ok(path.every((gene, position) => ancestors.some((ancestor) => ancestor?.path[position] === gene)));
      }
    }
  });

  test('gives a seed the candidates that it has always had', async () => {
    const weighted = oneByOne({
      ...separable(HIGH, 0, (path) => total(path) <= 16),
      score: async (path: Path) => ({ values: [path.reduce((sum, gene, position) => sum + gene * (position + 1), 0)] }),
    });
    const trials = await evolve(weighted, { population: 6, generations: 4 }, seeded(7));
    assert.deepEqual(
      trials.map(({ path, values, origin: { operator, parents } }) =>
        [path.join(''), ...values, operator, ...parents].join(' '),
      ),
      [
        '311110001332 113 random',
        '110001001010 29 random',
        '020221303021 110 random',
        '200010101302 77 random',
        '132103000001 47 random',
        '200220211002 75 random',

        '311110001302 80 mutation 0',
        '011110001332 110 mutation 0',
        '020221103011 85 mutation 2',
        '011110301331 119 crossover 0 2',
        '321110003031 91 crossover 2 0',
        '310220301031 98 crossover 0 2',

        '312110000332 107 mutation 0',
        '011110301332 131 mutation 9',
        '011110301311 97 mutation 9',
        '311110001331 101 crossover 9 0',
        '011110001331 98 crossover 0 9',
        '122110032200 82 random',

        '011110301232 121 mutation 13',
        '011110301301 86 mutation 9',
        '011110101332 117 mutation 13',
        '032001111130 85 random',
        '202003112013 106 random',
        '002030302112 105 random',
      ],
    );
  });

  test('fills a generation that is smaller than its children, and no more', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), (seed, wanted) => {
        const origin = { operator: 'random', parents: [] };
        const parent: Trial = { id: 0, generation: 0, path: [0, 0, 0], values: [1], measures: {}, origin };
        const sampler = evolution({ population: 8 });
        const proposals = sampler.ask({ ...separable(TINY, 1), trials: [parent], wanted }, seeded(seed));
        assert.equal(proposals.length, wanted);
        assert.equal(new Set([parent, ...proposals].map(({ path }) => pathKey(path))).size, wanted + 1);
      }),
    );
  });

  test('ends with all legal candidates when they are fewer than asked', async () => {
    const trials = await evolve(
      separable(TINY, 1, (path) => total(path) <= 2),
      { population: 8 },
    );
    assert.equal(trials.length, 10);
    assert.equal(new Set(keysOf(trials)).size, 10);
  });

  test('fails at once when no candidate is legal', async () => {
    await assert.rejects(
      evolve(
        separable(HIGH, 1, () => false),
        {},
      ),
      UserError,
    );
  });

  test('refuses settings that cannot work', () => {
    assert.throws(() => evolution({ parents: 0 }), UserError);
    assert.throws(() => evolution({ population: 10, mutation: 11 }), UserError);
  });
});
