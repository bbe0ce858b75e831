import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { failing } from '../../test/support/failingOptimizer.js';
import { TINY_RECIPE, tinyDataset, tinyNetwork } from '../../test/support/tinyNetworks.js';
import { Interrupted, UserError } from '../errors.js';
import { SMALL_IMAGE_AUGMENTATION } from '../image/augment/augmentation.js';
import { IMAGENET_NORMALIZATION } from '../family/preprocessing.js';
import { trainingLoader } from '../loader/loader.js';
import { seeded } from '../random/rng.js';
import { openDevice } from '../runtime/device.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Checkpoints, SnapshotStore, TrainingSnapshot } from './checkpoints.js';
import { train, type StepReport } from './loop.js';
import { intervalOf } from './rollback.js';

const device = await openDevice({ threads: 1 });
after(() => device.close());

const RATE = 1e-3;

/** A store in memory. */
class Store implements SnapshotStore {
  snapshot: TrainingSnapshot | undefined;
  load = () => Promise.resolve(this.snapshot);
  save = (snapshot: TrainingSnapshot) => {
    this.snapshot = snapshot;
    return Promise.resolve();
  };
}

class Kept extends Store implements Checkpoints {
  readonly points = new Store();
  constructor(readonly everySeconds = Infinity) {
    super();
  }
}

interface Trained {
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly steps: readonly StepReport[];
  readonly back: readonly (readonly [fault: number, step: number, times: number])[];
}

async function trained(
  bounds: Readonly<Record<number, number>>,
  {
    steps: length = 260,
    rollbacks = 3,
    accumulate = 1,
    stopAt,
    checkpoints,
  }: { steps?: number; rollbacks?: number; accumulate?: number; stopAt?: number; checkpoints?: Checkpoints } = {},
): Promise<Trained> {
  const rng = seeded('rollback');
  const loader = trainingLoader(tinyDataset().train, {
    imageSize: 32,
    batchSize: TINY_RECIPE.batchSize,
    rng: rng.fork('data'),
    augmentation: SMALL_IMAGE_AUGMENTATION,
    workers: 0,
  });
  const steps: StepReport[] = [];
  const back: (readonly [number, number, number])[] = [];
  const controller = new AbortController();
  const recipe = {
    ...TINY_RECIPE,
    steps: length,
    learningRate: RATE,
    warmupLearningRate: RATE,
    minLearningRate: RATE,
    accumulate,
    optimizer: failing(bounds),
    rollbacks,
  };
  try {
    const state = await train({
      device,
      network: tinyNetwork(),
      loader,
      normalization: IMAGENET_NORMALIZATION,
      recipe,
      rng,
      checkpoints,
      signal: controller.signal,
      onStep: (report) => {
        steps.push(report);
        if (steps.length === stopAt) controller.abort();
      },
      onRollback: ({ fault, step, times }) => back.push([fault.step, step, times]),
    });
    const weights = await state.weights();
    state.free();
    return { weights, steps, back };
  } finally {
    await loader.close();
  }
}

describe('a training that diverges', () => {
  const twice = { 150: 0.75 * RATE, 230: 0.4 * RATE };
  let whole: Trained;
  before(async () => {
    whole = await trained(twice);
  });

  test('goes back to the last point and on with half the learning rate', () => {
    const { steps, back } = whole;
    // Weights of step 150 give the loss of step 151; its gradient, of step 150, was still finite.
    assert.deepEqual(back, [
      [151, 100, 1],
      [231, 200, 2],
    ]);
    const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at + 1);
    assert.deepEqual(
      steps.map(({ step }) => step),
      [...range(0, 150), ...range(100, 230), ...range(200, 260)],
    );
    assert.deepEqual([...new Set(steps.map(({ learningRate }) => learningRate))], [RATE, RATE / 2, RATE / 4]);
    assert.ok(steps.every(({ loss }) => Number.isFinite(loss)));
  });

  for (const [where, stopAt] of [
    ['at which', 99],
    ['after which', 100],
  ] as const) {
    test(`goes back to a point ${where} an earlier process stopped`, async () => {
      const checkpoints = new Kept();
      await assert.rejects(trained({}, { steps: 160, stopAt, checkpoints }), Interrupted);
      assert.equal(checkpoints.snapshot?.step, stopAt + 1);
      const { back } = await trained({ 150: 0.75 * RATE }, { steps: 160, checkpoints });
      assert.deepEqual(back, [[151, 100, 1]]);
    });
  }

  test('goes back to a point after which an earlier process was killed', async () => {
    const checkpoints = new Kept(0);
    const { save } = checkpoints;
    checkpoints.save = async (snapshot) => {
      await save(snapshot);
      if (snapshot.step === 101) throw new Error('killed');
    };
    await assert.rejects(trained({}, { steps: 160, checkpoints }), /killed/);
    assert.equal(checkpoints.snapshot?.step, 101);
    checkpoints.save = save;
    const { back } = await trained({ 150: 0.75 * RATE }, { steps: 160, checkpoints });
    assert.deepEqual(back, [[151, 100, 1]]);
  });

  test('goes back to its start if there is no point before', async () => {
    const { back, steps } = await trained({ 40: 0.75 * RATE }, { steps: 60 });
    assert.deepEqual(back, [[41, 0, 1]]);
    // The same first step, from the same weights.
    assert.equal(steps[40].step, 1);
    assert.equal(steps[40].loss, steps[0].loss);
  });

  test('forgets the gradients that it was adding up', async () => {
    const { back, steps } = await trained({ 40: 0.75 * RATE }, { steps: 60, accumulate: 2 });
    assert.deepEqual(back, [[41, 0, 1]]);
    assert.equal(steps[steps.length - 1].step, 60);
    assert.equal(steps[40].loss, steps[0].loss);
  });

  for (const stopAt of [120, 180, 300]) {
    test(`and is interrupted after ${stopAt} steps ends bit for bit like an uninterrupted one`, async () => {
      const checkpoints = new Kept();
      await assert.rejects(trained(twice, { stopAt, checkpoints }), Interrupted);
      const resumed = await trained(twice, { checkpoints });
      assert.deepEqual(resumed.weights, whole.weights);
    });
  }

  test('too often is an error, and at once if going back is off', async () => {
    const always = { 150: 0 };
    await assert.rejects(trained(always, { rollbacks: 1 }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /loss became NaN at step 151, also after going back once; lower the learning rate/);
      return true;
    });
    await assert.rejects(trained(always, { rollbacks: 0 }), /loss became NaN at step 151; lower the learning rate/);
  });
});

test('points are a twentieth of a training apart, within bounds', () => {
  assert.deepEqual([10, 2000, 4218, 40_000, 400_000].map(intervalOf), [100, 100, 211, 2000, 2000]);
});
