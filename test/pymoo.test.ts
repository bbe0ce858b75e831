import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { seeded } from '../src/random/rng.js';
import { hypervolume } from '../src/search/hypervolume.js';
import { crowdingDistances, ranksOf } from '../src/search/pareto.js';
import type { Sampler } from '../src/search/sampler.js';
import { nsga2 } from '../src/search/samplers/nsga2.js';
import { randomSearch } from '../src/search/samplers/randomSearch.js';
import { Study } from '../src/search/study.js';
import { populationAfter } from '../src/search/survival.js';
import type { Trial } from '../src/search/trial.js';
import { packageRoot } from './packageRoot.js';
import { dtlz2, zdt1 } from './support/discretised.js';

/** What test/data/recordPymoo.py recorded; objectives are smaller is better. */
interface Recorded {
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly RecordedCase[];
}

interface RecordedCase {
  readonly name: 'zdt1' | 'dtlz2';
  readonly genes: number;
  readonly levels: number;
  readonly population: number;
  readonly generations: number;
  readonly reference: readonly number[];
  readonly populations: readonly {
    readonly generation: number;
    readonly genes: readonly (readonly number[])[];
    readonly objectives: readonly (readonly number[])[];
    readonly ranks: readonly number[];
    /** Null is infinity. */
    readonly crowding: readonly (number | null)[];
  }[];
  readonly fronts: readonly {
    readonly objectives: readonly (readonly number[])[];
    readonly reference: readonly number[];
    readonly hypervolume: number;
  }[];
  /** One per seed: of the last population, and of everything evaluated. */
  readonly hypervolume: { readonly survivors: readonly number[]; readonly evaluated: readonly number[] };
}

const recorded = JSON.parse(readFileSync(join(packageRoot, 'test', 'data', 'pymoo.json'), 'utf8')) as Recorded;

const PROBLEMS = { zdt1, dtlz2 };

/** The sums and quotients of few terms round differently in NumPy and here: a few units in the last place. */
const ROUNDING = 1e-12;

const negated = (points: readonly (readonly number[])[]): number[][] =>
  points.map((point) => point.map((value) => 0 - value));
const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

function assertClose(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= ROUNDING * Math.abs(expected), `${what}: ${actual}, in pymoo ${expected}`);
}

for (const expected of recorded.cases) {
  const { name, population, generations, reference } = expected;
  const problem = PROBLEMS[name](expected);

  describe(`pymoo ${recorded.versions['pymoo']} on discretised ${name}`, () => {
    test('has the same objectives', async () => {
      for (const { genes, objectives } of expected.populations) {
        for (const [index, path] of genes.entries()) {
          for (const [objective, value] of (await problem.score(path)).values.entries()) {
            const there = -objectives[index][objective];
            // Objectives are sines and cosines of order 1, and a cosine of π/2 is 6e-17 rather than 0.
            assert.ok(Math.abs(value - there) < ROUNDING * 10, `${path.join('-')}: ${value}, in pymoo ${there}`);
          }
        }
      }
    });

    for (const { generation, objectives, ranks, crowding } of expected.populations) {
      const points = negated(objectives);

      test(`gives the population of generation ${generation} the same ranks and crowding distances`, () => {
        const ours = ranksOf(points);
        assert.ok(ours.length > 1);
        for (const [rank, indices] of ours.entries()) {
          assert.deepEqual(
            indices,
            [...ranks.keys()].filter((index) => ranks[index] === rank),
          );
          const distances = crowdingDistances(indices.map((index) => points[index]));
          for (const [place, index] of indices.entries()) {
            const there = crowding[index];
            if (there === null) assert.equal(distances[place], Infinity, `point ${index}`);
            else assertClose(distances[place], there, `crowding distance of point ${index}`);
          }
        }
      });
    }

    test('was recorded with equal points, and with ties in single objectives', () => {
      const all = expected.populations.flatMap(({ objectives }) => [objectives]);
      for (const objectives of all) {
        for (const axis of objectives[0].keys()) {
          assert.ok(new Set(objectives.map((point) => point[axis])).size < objectives.length);
        }
      }
      assert.ok(all.some((points) => new Set(points.map(String)).size < points.length));
    });

    test('finds the same hypervolume of recorded fronts', () => {
      for (const front of expected.fronts) {
        const ours = hypervolume(negated(front.objectives), negated([front.reference])[0]);
        assertClose(ours, front.hypervolume, `hypervolume of ${front.objectives.length} points`);
      }
    });

    describe('searches as well', () => {
      const corner = negated([reference])[0];
      const size = { population, generations };
      const search = async (sampler: Sampler, seed: number): Promise<readonly Trial[]> =>
        new Study(problem, sampler, seeded(seed)).run(size);
      const volumeOf = (trials: readonly Trial[]): number =>
        hypervolume(
          trials.map(({ values }) => values),
          corner,
        );
      let runs: readonly (readonly Trial[])[];
      before(async () => {
        const sampler = nsga2({ probability: 1 / expected.genes });
        runs = await Promise.all(expected.hypervolume.survivors.map((_, seed) => search(sampler, seed)));
      });

      // The standard error of a mean of 11 seeds is 0.22 % or less, so chance alone rarely gives 1 %.
      test('with 11 seeds, the mean hypervolume of the last population is within 1 %', () => {
        const ours = runs.map((trials) => volumeOf(populationAfter(trials, population).map(({ trial }) => trial)));
        const ratio = mean(ours) / mean(expected.hypervolume.survivors);
        assert.equal(ours.length, 11);
        assert.ok(Math.abs(ratio - 1) < 0.01, `${ratio} times pymoo's`);
      });

      test('so is that of everything evaluated', () => {
        const ratio = mean(runs.map(volumeOf)) / mean(expected.hypervolume.evaluated);
        assert.ok(Math.abs(ratio - 1) < 0.01, `${ratio} times pymoo's`);
      });

      test('random search is not: the comparison can fail', async () => {
        const ratio = volumeOf(await search(randomSearch, 0)) / mean(expected.hypervolume.evaluated);
        assert.ok(ratio < 0.9, `${ratio} times pymoo's`);
      });
    });
  });
}
