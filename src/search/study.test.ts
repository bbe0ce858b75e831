import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { oneByOne, type OneByOne } from '../../test/support/oneByOne.js';
import { HIGH, keysOf, LOW, RARE, separable, TINY, total } from '../../test/support/separable.js';
import { Interrupted, UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { pathKey, type Path } from '../space/space.js';
import { Generation } from './generation.js';
import type { GenerationRequest, Sampler } from './sampler.js';
import { evolution } from './samplers/evolution.js';
import { randomSearch } from './samplers/randomSearch.js';
import type { StudySize } from './settings.js';
import { Study, type Problem, type StudyOptions } from './study.js';
import type { Proposal, Score, Trial } from './trial.js';

const SMALL = { population: 8, generations: 3 };

interface Case {
  readonly sampler: Sampler;
  readonly size: StudySize;
  readonly seed: number;
}

const seed = fc.integer();
const samplers = fc
  .record({
    population: fc.integer({ min: 1, max: 12 }),
    generations: fc.integer({ min: 1, max: 5 }),
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .chain((size) => fc.record({ size: fc.constant(size), sampler: fc.constantFrom(evolution(size), randomSearch) }));

/** Limits on the sum of the genes. The lowest leave a hundredth of the large space, and one path of the small one. */
const limits = fc.oneof(
  fc.record({ space: fc.constant(HIGH), limit: fc.integer({ min: 8, max: 36 }) }),
  fc.record({ space: fc.constant(TINY), limit: fc.integer({ min: 0, max: 9 }) }),
);

/** All fitness is equal, and the loss decides. */
const TIED = oneByOne({
  ...separable(LOW, 5),
  score: (path: Path): Promise<Score> => Promise.resolve({ values: [0.5], loss: total(path) }),
});

/** A sampler that proposes these paths, generation by generation. */
function scripted(...generations: Path[][]): Sampler {
  let generation = 0;
  return {
    ask: () =>
      (generations[generation++] ?? []).map((path): Proposal => ({
        path,
        origin: { operator: 'script', parents: [] },
      })),
  };
}

/** How many paths of the tiny space have genes of at most this sum. */
function tinyPathsWithin(limit: number): number {
  const genes = [0, 1, 2, 3];
  return genes.flatMap((a) => genes.flatMap((b) => genes.filter((c) => a + b + c <= limit))).length;
}

describe('a study', () => {
  test('scores only legal paths, each once, and numbers them in order', async () => {
    await fc.assert(
      fc.asyncProperty(samplers, limits, seed, async ({ sampler, size }, { space, limit }, seed) => {
        const problem = separable(space, seed, (path) => total(path) <= limit);
        const scored: string[] = [];
        const counted = oneByOne({
          ...problem,
          score: async (path: Path) => {
            scored.push(pathKey(path));
            return problem.score(path);
          },
        });
        const trials = await new Study(counted, sampler, seeded(seed)).run(size);
        const available = space === TINY ? tinyPathsWithin(limit) : Infinity;
        assert.equal(trials.length, Math.min(available, size.population * size.generations));
        assert.equal(new Set(keysOf(trials)).size, trials.length);
        assert.deepEqual(scored, keysOf(trials));
        for (const [place, { id, generation, path, values, measures, origin }] of trials.entries()) {
          assert.ok(total(path) <= limit);
          assert.deepEqual([id, generation], [place, Math.floor(place / size.population)]);
          assert.deepEqual([{ values }, measures], [await problem.score(path), { genes: total(path) }]);
          assert.ok(origin.parents.every((parent) => trials[parent].generation < generation));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('goes on where uniform draws find nothing, and ends only when every legal path is scored', async () => {
    const problem = { ...separable(HIGH, 1), ...RARE };
    const size = { population: 20, generations: 6 };
    const trials = await new Study(problem, evolution(size), seeded(1)).run(size);
    assert.equal(new Set(keysOf(trials)).size, 91);
    assert.deepEqual([trials.length, trials.at(-1)?.generation], [91, 4]);
    assert.equal((await new Study(problem, randomSearch, seeded(1)).run(SMALL)).length, 24);
  });

  test('the same seed gives the same trials, another seed other ones', async () => {
    const run = (seed: number): Promise<readonly Trial[]> =>
      new Study(separable(LOW, 1), evolution(SMALL), seeded(seed)).run(SMALL);
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });

  test('does not depend on what else was drawn from its generator', async () => {
    const used = seeded(1);
    used.normal();
    const run = (rng = seeded(1)): Promise<readonly Trial[]> =>
      new Study(separable(LOW, 1), evolution(SMALL), rng).run(SMALL);
    assert.deepEqual(await run(used), await run());
  });

  test('resumed at any point gives the uninterrupted trials and scores nothing twice', async () => {
    const problem = separable(LOW, 5, (path) => total(path) < 50);
    const given = { sampler: evolution(SMALL), size: SMALL, seed: 5 };
    for (let stop = 0; stop <= 24; stop++) await assertResumes(given, problem, stop);
  });

  test('resumes so with any sampler, settings and limit', async () => {
    await fc.assert(
      fc.asyncProperty(samplers, limits, seed, fc.nat(60), async (sampling, { space, limit }, seed, stop) => {
        const problem = separable(space, seed, (path) => total(path) <= limit);
        await assertResumes({ ...sampling, seed }, problem, stop);
      }),
      { numRuns: 60 },
    );
  });

  test('carries the loss that decides between equal values, also into a resumed study', async () => {
    const given = { sampler: evolution(SMALL), size: SMALL, seed: 5 };
    for (const stop of [0, 5, 8, 13, 24]) await assertResumes(given, TIED, stop);
    const trials = await new Study(TIED, given.sampler, seeded(given.seed)).run(SMALL);
    assert.ok(trials.every(({ path, loss }) => loss === total(path)));
    // The parents are the best by loss, as all values are equal.
    const [elder] = trials
      .slice(0, 8)
      .toSorted((one, other) => total(one.path) - total(other.path) || one.id - other.id);
    assert.ok(trials.slice(8, 16).some(({ origin }) => origin.parents.includes(elder.id)));
    const notFinite = oneByOne({ ...TIED, score: () => Promise.resolve({ values: [0.5], loss: NaN }) });
    const [{ loss }] = await new Study(notFinite, randomSearch, seeded(1)).run(SMALL);
    assert.equal(loss, undefined);
  });

  test('resumes scores that were recorded without a loss, with the same candidates as before', async () => {
    const without = oneByOne({ ...TIED, score: () => Promise.resolve({ values: [0.5] }) });
    const before = await new Study(without, evolution(SMALL), seeded(5)).run(SMALL);
    const known = new Map(before.slice(0, 12).map(({ path, values }) => [pathKey(path), { values }]));
    const scored: Trial[] = [];
    const options = { known, onEvaluated: (trial: Trial) => void scored.push(trial) };
    const resumed = await new Study(TIED, evolution(SMALL), seeded(5), options).run(SMALL);
    // The generation that was interrupted follows from the one before, which has no losses.
    assert.deepEqual(keysOf(resumed.slice(0, 16)), keysOf(before.slice(0, 16)));
    assert.deepEqual(keysOf(scored), keysOf(resumed.slice(12)));
    assert.ok(scored.every(({ loss }) => loss !== undefined));
  });

  test('continues when it is run again, also with more generations', async () => {
    const problem = separable(LOW, 1);
    const whole = await new Study(problem, evolution(SMALL), seeded(1)).run(SMALL);
    const study = new Study(problem, evolution(SMALL), seeded(1));
    const first = await study.run({ ...SMALL, generations: 1 });
    assert.deepEqual(first, whole.slice(0, 8));
    assert.deepEqual(await study.run(SMALL), whole);
    assert.deepEqual(await study.run(SMALL), whole);
    assert.equal(first.length, 8);
  });

  test('reports each trial before it scores the next, and waits', async () => {
    const events: string[] = [];
    const problem = separable(HIGH, 1);
    const noted = oneByOne({
      ...problem,
      score: async (path: Path) => {
        events.push('score');
        return problem.score(path);
      },
    });
    const onEvaluated = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      events.push('report');
    };
    const size = { population: 2, generations: 2 };
    await new Study(noted, evolution(size), seeded(1), { onEvaluated }).run(size);
    assert.deepEqual(events, Array<string[]>(4).fill(['score', 'report']).flat());
  });

  test('scores a generation at once, side by side if the problem can, and reports its trials in order', async () => {
    const problem = separable(HIGH, 1);
    const asked: number[] = [];
    const sideBySide: Problem = {
      ...problem,
      async *scores(paths) {
        asked.push(paths.length);
        yield* await Promise.all(paths.map((path) => problem.score(path)));
      },
    };
    const reported: Trial[] = [];
    const onEvaluated = (trial: Trial): void => void reported.push(trial);
    const trials = await new Study(sideBySide, evolution(SMALL), seeded(1), { onEvaluated }).run(SMALL);
    assert.deepEqual(trials, await new Study(problem, evolution(SMALL), seeded(1)).run(SMALL));
    assert.deepEqual(reported, trials);
    assert.deepEqual(asked, [8, 8, 8]);
  });

  test('ends the scoring when it is interrupted, or gets fewer scores than paths', async () => {
    const problem = separable(HIGH, 1);
    let ended = 0;
    const controller = new AbortController();
    const scoring = (count: number): Problem => ({
      ...problem,
      async *scores(paths) {
        try {
          for (const path of paths.slice(0, count)) yield await problem.score(path);
        } finally {
          ended += 1;
        }
      },
    });
    const few = new Study(scoring(3), randomSearch, seeded(1)).run(SMALL);
    await assert.rejects(few, /fewer scores than paths/);
    const options = { signal: controller.signal, onEvaluated: () => controller.abort() };
    await assert.rejects(new Study(scoring(8), randomSearch, seeded(1), options).run(SMALL), Interrupted);
    assert.equal(ended, 2);
  });

  test('asks for a whole generation at a time, given all trials of the earlier ones', async () => {
    const asked: GenerationRequest[] = [];
    const recording: Sampler = {
      ask(request, rng) {
        asked.push({ ...request, trials: [...request.trials] });
        return randomSearch.ask(request, rng);
      },
    };
    const problem = separable(HIGH, 1, (path) => total(path) <= 16);
    const trials = await new Study(problem, recording, seeded(1)).run(SMALL);
    assert.equal(asked.length, 3);
    for (const [generation, request] of asked.entries()) {
      assert.deepEqual(request.trials, trials.slice(0, 8 * generation));
      assert.equal(request.wanted, 8);
      assert.equal(request.space, HIGH);
      const [legal, illegal] = [HIGH.positions.map(() => 1), HIGH.positions.map(() => 2)];
      assert.deepEqual([request.isLegal(legal), request.isLegal(illegal)], [true, false]);
    }
  });

  test('carries several objectives to a sampler that ranks by dominance', async () => {
    const problem = separable(LOW, 1);
    const two = oneByOne({
      ...problem,
      score: async (path: Path) => ({ values: [...(await problem.score(path)).values, -total(path)] }),
    });
    const dominates = (one: Trial, other: Trial): boolean =>
      one.values.every((value, index) => value >= other.values[index]) &&
      one.values.some((value, index) => value > other.values[index]);
    const frontOf = (trials: readonly Trial[]): Trial[] =>
      trials.filter((each) => !trials.some((other) => dominates(other, each)));
    const dominance: Sampler = {
      ask(request, rng) {
        const generation = new Generation(request);
        const front = frontOf(request.trials);
        for (const parent of front) {
          const path = parent.path.map((gene) => (rng.uniform() < 0.1 ? rng.int(9) : gene));
          generation.add({ path, origin: { operator: 'mutation', parents: [parent.id] } });
        }
        generation.fillRandomly(rng.fork('random'));
        return generation.proposals;
      },
    };
    const size = { population: 10, generations: 8 };
    const trials = await new Study(two, dominance, seeded(1)).run(size);
    assert.equal(trials.length, 80);
    for (const { generation, origin } of trials.filter(({ origin: { operator } }) => operator === 'mutation')) {
      const front = frontOf(trials.filter((each) => each.generation < generation));
      assert.ok(origin.parents.every((parent) => front.some(({ id }) => id === parent)));
    }
    assert.ok(frontOf(trials).length > 1);
    await assertResumes({ sampler: dominance, size, seed: 1 }, two, 33);
  });

  test('passes on an error while scoring and refuses a score that is not a number', async () => {
    const scoring = (score: OneByOne['score']): Promise<unknown> =>
      new Study(oneByOne({ ...separable(HIGH, 1), score }), randomSearch, seeded(1)).run(SMALL);
    await assert.rejects(
      scoring(async () => Promise.reject(new UserError('no images'))),
      /no images/,
    );
    await assert.rejects(
      scoring(async () => ({ values: [NaN] })),
      /fitness of path .* NaN/,
    );
    await assert.rejects(
      scoring(async () => ({ values: [0.5, Infinity] })),
      /fitness of path .* 0.5, Infinity/,
    );
    await assert.rejects(
      scoring(async () => ({ values: [] })),
      /fitness of path .* missing/,
    );
  });

  test('refuses sizes that cannot work', async () => {
    for (const size of [
      { population: 0, generations: 1 },
      { population: 2, generations: 1.5 },
    ]) {
      await assert.rejects(new Study(separable(HIGH, 1), randomSearch, seeded(1)).run(size), UserError);
    }
  });

  test('takes problems that are class instances', async () => {
    class Counting implements Problem {
      readonly space = HIGH;
      #asked = 0;
      isLegal(): boolean {
        this.#asked += 1;
        return true;
      }
      measure(): Record<string, number> {
        return { asked: this.#asked };
      }
      async *scores(paths: readonly Path[]): AsyncGenerator<Score> {
        for (const path of paths) yield { values: [total(path) + 0 * this.#asked] };
      }
    }
    assert.equal((await new Study(new Counting(), evolution(SMALL), seeded(1)).run(SMALL)).length, 24);
  });
});

describe('a sampler that breaks its contract is caught before its generation is scored:', () => {
  const legal = separable(TINY, 1, (path) => total(path) <= 6);
  const caught = async (sampler: Sampler, message: RegExp, scoredBefore: number): Promise<void> => {
    let scored = 0;
    const onEvaluated = (): void => {
      scored += 1;
    };
    const run = new Study(legal, sampler, seeded(1), { onEvaluated }).run({ population: 2, generations: 2 });
    await assert.rejects(run, (error) => error instanceof Error && message.test(error.message));
    assert.equal(scored, scoredBefore);
  };
  const first: Path[] = [
    [0, 0, 0],
    [0, 0, 1],
  ];

  test('an illegal path', async () => {
    await caught(
      scripted([
        [0, 0, 0],
        [3, 3, 3],
      ]),
      /path 3-3-3 in generation 0, which is not legal/,
      0,
    );
  });

  test('a path of an earlier generation', async () => {
    await caught(
      scripted(first, [
        [0, 1, 0],
        [0, 0, 1],
      ]),
      /path 0-0-1 in generation 1, .* proposed before/,
      2,
    );
  });

  test('a path twice in one generation', async () => {
    await caught(
      scripted(first, [
        [0, 1, 0],
        [0, 1, 0],
      ]),
      /path 0-1-0 in generation 1, .* proposed before/,
      2,
    );
  });

  test('a path that the space does not have', async () => {
    for (const path of [
      [0, 0],
      [0, 0, 0, 0],
      [0, 0, 4],
      [0, 0, -1],
      [0, 0, 0.5],
      [0, 0, NaN],
    ]) {
      await caught(scripted([path]), /which the space "high" does not have/, 0);
    }
  });

  test('more paths than wanted, or none at all', async () => {
    await caught(scripted([...first, [0, 1, 0]]), /proposed 3 paths in generation 0; propose at most the 2 wanted/, 0);
    await caught(scripted([]), /proposed no path in generation 0/, 0);
  });
});

/** Interrupts a study after `stop` evaluations, or all, and checks that the scores so far resume it. */
async function assertResumes(given: Case, problem: Problem, stop: number): Promise<void> {
  const study = (options: StudyOptions): Promise<readonly Trial[]> =>
    new Study(problem, given.sampler, seeded(given.seed), options).run(given.size);
  const whole = await study({});
  const last = Math.min(stop, whole.length);

  const known = new Map<string, Score>();
  const controller = new AbortController();
  if (last === 0) controller.abort();
  const record = ({ path, values, loss }: Trial): void => {
    known.set(pathKey(path), { values, ...(loss !== undefined && { loss }) });
    if (known.size === last) controller.abort();
  };
  const interrupted = study({ onEvaluated: record, signal: controller.signal });
  if (last < whole.length) await assert.rejects(interrupted, Interrupted);
  else await interrupted;
  assert.deepEqual([...known.keys()], keysOf(whole.slice(0, last)));

  const scored: Trial[] = [];
  assert.deepEqual(await study({ known, onEvaluated: (trial) => void scored.push(trial) }), whole);
  assert.deepEqual(scored, whole.slice(last));
}
