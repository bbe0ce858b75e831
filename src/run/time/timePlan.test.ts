import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkSearchConfig } from '../../config/check.js';
import { configSchema, type Config } from '../../config/config.js';
import { PRESETS } from '../../config/presets.js';
import { UserError } from '../../errors.js';
import { halvingTrainings, halvingWork } from '../finals/halving.js';
import type { Speed } from './speed.js';
import { planFor, type PlanRequest } from './timePlan.js';

const SPEED: Speed = {
  levels: [
    { setup: 3, step: 0.08, scoredImage: 2.5e-4 },
    { setup: 5, step: 0.1, scoredImage: 3.5e-4 },
  ],
  step: 0.07,
  sharedStep: 0.06,
  setup: 1.2,
  image: 2e-4,
};
/** A speed at which 30 s are just enough for the least search, of which rounding takes a candidate if nothing stops it. */
const TIGHT: Speed = {
  ...SPEED,
  levels: [{ setup: 0.5, step: 0.01, scoredImage: 0.0006442606851727712 }],
  image: 0.00021164495673619177,
};
const REQUEST: PlanRequest = {
  limitSeconds: 600,
  elapsedSeconds: 20,
  retrains: true,
  images: { searchVal: 5000, test: 10_000 },
};
const CONFIG = PRESETS.cifar;

const speeds = fc.record({
  levels: fc.array(
    fc.record({
      setup: fc.double({ min: 0.5, max: 20, noNaN: true }),
      step: fc.double({ min: 0.01, max: 1, noNaN: true }),
      scoredImage: fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  step: fc.double({ min: 0.01, max: 1, noNaN: true }),
  sharedStep: fc.double({ min: 0.01, max: 1, noNaN: true }),
  setup: fc.double({ min: 0.1, max: 10, noNaN: true }),
  image: fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
});

describe('a plan for a time limit', () => {
  test('takes the time at the measured speed, part by part', () => {
    const { parts, config } = planFor(CONFIG, SPEED, REQUEST);
    const sum = parts.reduce((total, { seconds }) => total + seconds, 0);
    assert.ok(Math.abs(sum - 600) < 1, `${sum}`);
    // What the configuration says takes what the parts say.
    const secondsOf = (name: string): number => parts.find(({ part }) => part === name)?.seconds ?? 0;
    const { supernet, search, retrain } = config;
    const supernets = 8 + (supernet.steps ?? 0) * 0.18;
    const { scoringImages = 0 } = search;
    const perCandidate = (4 * 128 + scoringImages) * 6e-4;
    const scoring = search.population * search.generations * perCandidate + scoringImages * 2 * 2e-4;
    const training = 1.2 + 1 + (retrain.recipe.steps ?? 0) * 0.07;
    const { contenders = 0, share = 0 } = retrain.halving ?? {};
    assert.equal(contenders, 4);
    const halving = halvingWork(4, 1) * share * (retrain.recipe.steps ?? 0) * 0.06 + (4 + 2) * (1.2 + 1);
    assert.ok(Math.abs(supernets - secondsOf('supernets')) < 0.2);
    assert.ok(scoring <= secondsOf('scoring') && scoring > secondsOf('scoring') - 4 * perCandidate);
    assert.ok(scoringImages >= 1000 && scoringImages < 5000);
    assert.ok(Math.abs(training - secondsOf('training')) < 0.1);
    assert.ok(Math.abs(halving - secondsOf('halving')) < 2, `${halving} ${secondsOf('halving')}`);
    // Random search takes as long as the search.
    const { randomCandidates: count = 0, randomShare = 0 } = retrain;
    const finalSeconds = (retrain.recipe.steps ?? 0) * 0.07 + 1.2 + 1;
    const random =
      halvingTrainings(count, 1) * (1.2 + 1) +
      halvingWork(count, 1) * randomShare * (retrain.recipe.steps ?? 0) * 0.06 +
      finalSeconds;
    const ofSearch = ['supernets', 'scoring', 'halving', 'training'].reduce(
      (total, name) => total + secondsOf(name),
      0,
    );
    assert.ok(count > contenders && Math.abs(random - ofSearch) < 1, `${random} ${ofSearch}`);
  });

  test('keeps its limit at any speed, and its configuration is valid', () => {
    fc.assert(
      fc.property(
        speeds,
        fc.integer({ min: 30, max: 100_000 }),
        fc.boolean(),
        fc.boolean(),
        (speed, limit, retrains, baselines) => {
          const config = { ...CONFIG, retrain: { ...CONFIG.retrain, baselines } };
          const request = { ...REQUEST, limitSeconds: limit, retrains };
          let plan;
          try {
            plan = planFor(config, speed, request);
          } catch (error) {
            assert.ok(error instanceof UserError && /too short/.test(error.message));
            return;
          }
          configSchema.parse(plan.config);
          const sum = plan.parts.reduce((total, { seconds }) => total + seconds, 0);
          assert.ok(Math.abs(sum - limit) < 1e-6 * limit);
          const { supernet, search, retrain } = plan.config;
          assert.ok((supernet.steps ?? 0) >= 50 && search.population >= 4);
          if (retrains) assert.ok((retrain.halving?.contenders ?? 0) <= search.population * search.generations);
        },
      ),
      { examples: [[TIGHT, 30, false, false]] },
    );
  });

  test('measures a moving average besides the last weights, and leaves scoring for comparison out of random search', () => {
    const secondsOf = (config: Config, name: string): number =>
      planFor(config, SPEED, REQUEST).parts.find(({ part }) => part === name)?.seconds ?? 0;
    const recipe = { ...CONFIG.retrain.recipe, averageDecay: 0.99 };
    const averaged = planFor({ ...CONFIG, retrain: { ...CONFIG.retrain, recipe } }, SPEED, REQUEST);
    const training = averaged.parts.find(({ part }) => part === 'training')?.seconds ?? 0;
    assert.ok(Math.abs(training - (averaged.config.retrain.recipe.steps ?? 0) * 0.07 - 1.2 - 2) < 0.1, `${training}`);

    const compared: Config = { ...CONFIG, search: { ...CONFIG.search, compareRandom: true } };
    const parts = ['supernets', 'halving', 'training'].map((name) => secondsOf(compared, name));
    const search = parts.reduce((total, each) => total + each, secondsOf(compared, 'scoring') / 2);
    // Besides random search there is the DeiT.
    assert.ok(Math.abs(secondsOf(compared, 'baselines') - search - parts[2]) < 0.1);
  });

  test('scores the wanted candidates on more images first, then more candidates on all of them', () => {
    const planned = [600, 1200, 2400, 4800, 9600].map((limitSeconds) => {
      const { search } = planFor(CONFIG, SPEED, { ...REQUEST, limitSeconds }).config;
      return { candidates: search.population * search.generations, images: search.scoringImages ?? 5000 };
    });
    const wanted = CONFIG.search.population * CONFIG.search.generations;
    for (const { candidates, images } of planned) {
      assert.ok(images >= 1000);
      if (images > 1000 && images < 5000) assert.ok(Math.abs(candidates - wanted) <= 4, `${candidates} on ${images}`);
      if (images === 5000) assert.ok(candidates >= wanted - 4);
      if (images === 1000) assert.ok(candidates <= wanted);
    }
    assert.ok(planned[0].images < planned[1].images && planned[4].candidates > wanted);
  });

  test('trains a whole front to the end, without halving, and counts candidates drawn for comparison', () => {
    const { halving: _, ...retrain } = CONFIG.retrain;
    const search = { ...CONFIG.search, objectives: ['accuracy', 'macs'] satisfies Config['search']['objectives'] };
    const planned = planFor({ ...CONFIG, search, retrain: { ...retrain, front: 4 } }, SPEED, REQUEST);
    assert.equal(planned.config.retrain.halving, undefined);
    assert.equal(planned.config.retrain.front, 4);
    const training = planned.parts.find(({ part }) => part === 'training')?.seconds ?? 0;
    assert.ok(
      Math.abs(training - 4 * (1.2 + 1 + (planned.config.retrain.recipe.steps ?? 0) * 0.07)) < 0.3,
      `${training}`,
    );
    checkSearchConfig(planned.config);
    // Four of the front, a DeiT and the network of random search, and the exported file.
    const test = planned.parts.find(({ part }) => part === 'test')?.seconds ?? 0;
    assert.ok(Math.abs(test - 7 * (10_000 * 2e-4 + 0.6)) < 1e-6, `${test}`);

    const candidates = (compareRandom: boolean): number => {
      const config = { ...CONFIG, search: { ...CONFIG.search, compareRandom } };
      const { search } = planFor(config, SPEED, { ...REQUEST, retrains: false }).config;
      return search.population * search.generations * (search.scoringImages ?? 5000);
    };
    assert.ok(candidates(true) < 0.7 * candidates(false), `${candidates(true)} ${candidates(false)}`);
  });

  test('leaves room for the children that the configuration asks for', () => {
    const config = { ...CONFIG, search: { ...CONFIG.search, population: 50, crossover: 8, mutation: 8 } };
    const planned = planFor(config, SPEED, REQUEST).config;
    assert.ok(planned.search.population >= 16);
    checkSearchConfig(planned);
  });

  test('gives a part that needs more than its share that much, and the others the rest', () => {
    const slow = { ...SPEED, levels: SPEED.levels.map((level) => ({ ...level, scoredImage: 3e-3 })) };
    const { config, parts } = planFor(CONFIG, slow, REQUEST);
    assert.equal(config.search.population * config.search.generations, 8);
    assert.equal(config.search.scoringImages, 1000);
    const secondsOf = (name: string): number => parts.find(({ part }) => part === name)?.seconds ?? 0;
    assert.ok(Math.abs(secondsOf('scoring') - (8 * 1512 * 6e-3 + 0.4)) < 1e-6);
    assert.ok((config.retrain.recipe.steps ?? 0) > 400);
  });

  test('too short is refused with a limit that is enough', () => {
    assert.throws(
      () => planFor(CONFIG, SPEED, { ...REQUEST, limitSeconds: 40 }),
      (error) => {
        assert.ok(error instanceof UserError);
        const [, needed] =
          /^--time 40s is too short: .* takes at least ((?:\d+m )?\d+s); raise it/.exec(error.message) ?? [];
        assert.ok(needed !== undefined, error.message);
        const [, minutes = '0', seconds] = /(?:(\d+)m )?(\d+)s/.exec(needed) ?? [];
        planFor(CONFIG, SPEED, { ...REQUEST, limitSeconds: 60 * Number(minutes) + Number(seconds) });
        return true;
      },
    );
  });

  test('leaves everything but lengths and counts as it is', () => {
    const { config } = planFor(CONFIG, SPEED, REQUEST);
    assert.deepEqual(
      { ...config, supernet: 0, search: 0, retrain: 0 },
      { ...CONFIG, supernet: 0, search: 0, retrain: 0 },
    );
    const { epochs: _, ...recipe } = CONFIG.retrain.recipe;
    assert.deepEqual({ ...config.retrain.recipe, steps: undefined }, { ...recipe, steps: undefined });
  });
});
