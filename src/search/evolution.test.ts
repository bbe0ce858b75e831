import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Interrupted, UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { headSplits, releasedLowLevel } from '../space/lowLevel.js';
import { pathKey } from '../space/space.js';
import type { Path, Space } from '../space/space.js';
import { best } from './best.js';
import { evolve } from './evolution.js';
import { randomSearch } from './randomSearch.js';
import { evolutionSettings } from './settings.js';
import type { EvolutionSettings } from './settings.js';
import type { Evaluated, Problem } from './types.js';

const HIGH = highLevelSpace({ depth: 12, heads: 3 });
const LOW = releasedLowLevel(headSplits([3, 0, 1, 3, 0, 1, 3, 1, 0, 3, 0, 3], 3));
const SMALL: Partial<EvolutionSettings> = { population: 8, generations: 3 };

/** Each gene adds a value of its own, drawn once: the optimum is known, and good genes can be combined. */
function separable(
  space: Space,
  seed: number,
  accept: (path: Path) => boolean = () => true,
): Problem & { optimum: number } {
  const values = space.positions.map((choices, position) => {
    const rng = seeded(seed).fork(position);
    return choices.map(() => rng.uniform());
  });
  return {
    space,
    accept,
    fitness: async (path) => path.reduce((sum, gene, position) => sum + (values[position]?.[gene] ?? NaN), 0),
    optimum: values.reduce((sum, each) => sum + Math.max(...each), 0),
  };
}

const total = (path: Path): number => path.reduce((sum, gene) => sum + gene, 0);
const keys = (evaluated: readonly Evaluated[]): string[] => evaluated.map(({ path }) => pathKey(path));
const settings = fc.record({
  population: fc.integer({ min: 1, max: 12 }),
  generations: fc.integer({ min: 1, max: 5 }),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('evolve', () => {
  test("with SPOS's defaults scores 1,000 candidates in 20 generations", async () => {
    const evaluated = await evolve(separable(LOW, 1), {}, seeded(1));
    assert.equal(evaluated.length, 1000);
    for (let generation = 0; generation < 20; generation++) {
      const members = evaluated.filter((each) => each.generation === generation);
      assert.equal(members.length, 50);
      const count = (operator: string): number => members.filter(({ origin }) => origin.operator === operator).length;
      const counts = [count('random'), count('mutation'), count('crossover')];
      if (generation === 0) assert.deepEqual(counts, [50, 0, 0]);
      // Later the best resemble each other, attempts run out, and random candidates take the slots that are left.
      else if (generation <= 5) assert.deepEqual(counts, [0, 25, 25]);
      else assert.ok(count('mutation') <= 25 && count('crossover') <= 25);
    }
  });

  test('scores only allowed candidates, each once, and numbers them in order', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.integer(), fc.integer({ min: 8, max: 36 }), async (given, seed, limit) => {
        const scored: string[] = [];
        const problem = separable(HIGH, seed, (path) => total(path) <= limit);
        const counted: Problem = {
          ...problem,
          fitness: async (path) => {
            scored.push(pathKey(path));
            return problem.fitness(path);
          },
        };
        const evaluated = await evolve(counted, given, seeded(seed));
        assert.equal(evaluated.length, given.population * given.generations);
        assert.ok(evaluated.every(({ path }) => total(path) <= limit));
        assert.equal(new Set(keys(evaluated)).size, evaluated.length);
        assert.deepEqual(scored, keys(evaluated));
        assert.deepEqual(
          evaluated.map(({ id }) => id),
          [...evaluated.keys()],
        );
      }),
      { numRuns: 30 },
    );
  });

  test('breeds only from the best candidates of the earlier generations', async () => {
    const parents = 4;
    const evaluated = await evolve(separable(LOW, 3), { population: 20, generations: 6, parents }, seeded(3));
    for (const { path, generation, origin } of evaluated) {
      const elite = best(
        evaluated.filter((each) => each.generation < generation),
        parents,
      );
      const ancestors = origin.parents.map((id) => elite.find((each) => each.id === id));
      assert.ok(!ancestors.includes(undefined), 'a parent is not among the best');
      assert.equal(ancestors.length, { random: 0, mutation: 1, crossover: 2 }[origin.operator]);
      if (origin.operator === 'crossover') {
        assert.ok(path.every((gene, position) => ancestors.some((ancestor) => ancestor?.path[position] === gene)));
      }
    }
  });

  test('the same seed gives the same result, another seed another one', async () => {
    const run = (seed: number): Promise<readonly Evaluated[]> => evolve(separable(LOW, 1), SMALL, seeded(seed));
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });

  test('does not depend on what else was drawn from its generator', async () => {
    const used = seeded(1);
    used.normal();
    assert.deepEqual(await evolve(separable(LOW, 1), SMALL, used), await evolve(separable(LOW, 1), SMALL, seeded(1)));
  });

  test('resumed at any point gives the uninterrupted result and scores nothing twice', async () => {
    const problem = separable(LOW, 5, (path) => total(path) < 50);
    const whole = await evolve(problem, SMALL, seeded(5));
    for (let stop = 0; stop <= whole.length; stop++) {
      const known = new Map<string, number>();
      const controller = new AbortController();
      const onEvaluated = ({ path, fitness }: Evaluated): void => {
        known.set(pathKey(path), fitness);
        if (known.size === stop) controller.abort();
      };
      if (stop === 0) controller.abort();
      const interrupted = evolve(problem, SMALL, seeded(5), { onEvaluated, signal: controller.signal });
      if (stop < whole.length) await assert.rejects(interrupted, Interrupted);
      else await interrupted;
      assert.equal(known.size, stop);

      const scored: Evaluated[] = [];
      const resumed = await evolve(problem, SMALL, seeded(5), { known, onEvaluated: (each) => void scored.push(each) });
      assert.deepEqual(resumed, whole);
      assert.deepEqual(scored, whole.slice(stop));
    }
  });

  test('reports each candidate before it proposes the next, and waits', async () => {
    const events: string[] = [];
    const problem = separable(HIGH, 1);
    const noted: Problem = {
      ...problem,
      fitness: async (path) => {
        events.push('score');
        return problem.fitness(path);
      },
    };
    const onEvaluated = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      events.push('report');
    };
    await evolve(noted, { population: 2, generations: 2 }, seeded(1), { onEvaluated });
    assert.deepEqual(events, Array<string[]>(4).fill(['score', 'report']).flat());
  });

  test('ends with all legal candidates when they are fewer than asked', async () => {
    const space = highLevelSpace({ depth: 3, heads: 3 });
    const evaluated = await evolve(
      separable(space, 1, (path) => total(path) <= 2),
      { population: 8 },
      seeded(1),
    );
    assert.equal(evaluated.length, 10);
  });

  test('fails at once when no candidate is allowed', async () => {
    await assert.rejects(
      evolve(
        separable(HIGH, 1, () => false),
        {},
        seeded(1),
      ),
      UserError,
    );
  });

  test('passes on the error of a fitness and refuses one that is no number', async () => {
    const fitness = async (): Promise<number> => Promise.reject(new UserError('no images'));
    await assert.rejects(evolve({ ...separable(HIGH, 1), fitness }, {}, seeded(1)), /no images/);
    await assert.rejects(
      evolve({ ...separable(HIGH, 1), fitness: async () => NaN }, {}, seeded(1)),
      /fitness of path .* NaN/,
    );
  });

  test('accepts problems that are class instances', async () => {
    class Counting implements Problem {
      readonly space = HIGH;
      #asked = 0;
      accept(): boolean {
        this.#asked += 1;
        return true;
      }
      async fitness(path: Path): Promise<number> {
        return total(path) + 0 * this.#asked;
      }
    }
    assert.equal((await evolve(new Counting(), SMALL, seeded(1))).length, 24);
  });
});

describe('random search', () => {
  test('scores as many candidates, all random, allowed and new', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.integer(), async (given, seed) => {
        const problem = separable(HIGH, seed, (path) => total(path) <= 14);
        const evaluated = await randomSearch(problem, given, seeded(seed));
        assert.equal(evaluated.length, given.population * given.generations);
        assert.equal(new Set(keys(evaluated)).size, evaluated.length);
        assert.ok(evaluated.every(({ path, origin }) => total(path) <= 14 && origin.operator === 'random'));
        assert.equal(evaluated.at(-1)?.generation, given.generations - 1);
      }),
      { numRuns: 20 },
    );
  });

  test('starts as the evolution with the same seed does', async () => {
    const [random, evolved] = await Promise.all([
      randomSearch(separable(LOW, 1), SMALL, seeded(1)),
      evolve(separable(LOW, 1), SMALL, seeded(1)),
    ]);
    assert.deepEqual(random.slice(0, 8), evolved.slice(0, 8));
  });

  test('ends with all legal candidates when they are fewer than asked', async () => {
    const space = highLevelSpace({ depth: 3, heads: 3 });
    assert.equal((await randomSearch(separable(space, 1), { population: 50 }, seeded(1))).length, 64);
  });

  test('is beaten by the evolution, under a limit too', async () => {
    for (const accept of [() => true, (path: Path) => total(path) <= 40]) {
      let gain = 0;
      let wins = 0;
      const seeds = 10;
      for (let seed = 0; seed < seeds; seed++) {
        const problem = separable(LOW, seed, accept);
        const top = async (search: typeof evolve): Promise<number> => {
          const [winner] = best(await search(problem, { population: 30, generations: 10 }, seeded(seed)), 1);
          return (winner?.fitness ?? NaN) / problem.optimum;
        };
        const difference = (await top(evolve)) - (await top(randomSearch));
        gain += difference / seeds;
        wins += difference > 0 ? 1 : 0;
      }
      assert.ok(wins >= 9 && gain > 0.05, `${wins} wins of ${seeds}, mean gain ${gain}`);
    }
  });
});

describe('best', () => {
  test('sorts by fitness, then by age', () => {
    const evaluated = [0.1, 0.5, 0.5, 0.9].map((fitness, id): Evaluated => ({
      id,
      path: [id],
      fitness,
      generation: 0,
      origin: { operator: 'random', parents: [] },
    }));
    assert.deepEqual(
      best(evaluated, 3).map(({ id }) => id),
      [3, 1, 2],
    );
    assert.equal(best(evaluated, 9).length, 4);
  });
});

describe('settings', () => {
  test("are SPOS's by default and scale with the population", () => {
    const whole = { population: 50, generations: 20, parents: 10, crossover: 25, mutation: 25, probability: 0.1 };
    assert.deepEqual(evolutionSettings(), whole);
    const small = { population: 7, generations: 3, parents: 2, crossover: 3, mutation: 3, probability: 0.1 };
    assert.deepEqual(evolutionSettings({ population: 7, generations: 3 }), small);
    assert.equal(evolutionSettings({ population: 10, mutation: 8 }).crossover, 2);
    assert.equal(evolutionSettings({ population: 10, crossover: 9 }).mutation, 1);
  });

  test('that cannot work are refused by name', () => {
    const refused: [Partial<EvolutionSettings>, RegExp][] = [
      [{ population: 0 }, /population is 0; use a whole number of at least 1/],
      [{ generations: 1.5 }, /generations is 1.5/],
      [{ parents: 0 }, /parents is 0/],
      [{ mutation: -1 }, /mutation is -1/],
      [{ population: 10, mutation: 6, crossover: 6 }, /crossover 6 \+ mutation 6 exceed the population of 10/],
      [{ population: 10, mutation: 11 }, /exceed/],
      [{ probability: 1.1 }, /probability is 1.1/],
      [{ probability: NaN }, /probability is NaN/],
    ];
    for (const [given, message] of refused) {
      assert.throws(
        () => evolutionSettings(given),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });
});
