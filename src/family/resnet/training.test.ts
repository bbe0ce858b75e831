import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tinyDataset, TINY_RECIPE } from '../../../test/support/tinyNetworks.js';
import { TINY_RESNET } from '../../../test/support/tinyResnet.js';
import { Interrupted } from '../../errors.js';
import { input } from '../../graph/index.js';
import { NO_AUGMENTATION } from '../../image/augment/augmentation.js';
import { trainingLoader, type Batch, type Loader } from '../../loader/loader.js';
import { plainNetwork, supernet } from '../../model/network.js';
import { CompiledProgram } from '../../program/compiled.js';
import { evaluationProgram } from '../../program/evaluation.js';
import { inferenceModel } from '../../program/inference.js';
import { seeded } from '../../random/rng.js';
import { openDevice, type Device } from '../../runtime/device.js';
import { defineSpace } from '../../space/space.js';
import { float32, int64, type Tensor } from '../../tensor/tensor.js';
import type { TrainingSnapshot } from '../../train/checkpoints.js';
import { train, type Recipe, type StepReport, type TrainingJob } from '../../train/loop.js';
import { sgd } from '../../train/optimizers/sgd.js';
import { NetworkState, type Weights } from '../../train/state.js';
import { IMAGENET_NORMALIZATION } from '../preprocessing.js';
import { resnet } from './family.js';

let device: Device;
const loaders: Loader[] = [];
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(async () => {
  await device.close();
  await Promise.all(loaders.map((loader) => loader.close()));
});

const RECIPE: Recipe = {
  ...TINY_RECIPE,
  optimizer: sgd({ momentum: 0.9, nesterov: true }),
  learningRate: 0.05,
  warmupSteps: 0,
  weightDecay: 1e-4,
};

function loader(): Loader {
  const options = { imageSize: 32, batchSize: RECIPE.batchSize, augmentation: NO_AUGMENTATION, workers: 0 };
  const made = trainingLoader(tinyDataset().train, { ...options, rng: seeded('resnet') });
  loaders.push(made);
  return made;
}

function job(changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    device,
    network: plainNetwork(TINY_RESNET),
    loader: loader(),
    normalization: IMAGENET_NORMALIZATION,
    recipe: RECIPE,
    rng: seeded('resnet'),
    ...changes,
  };
}

async function trainedWeights(description: TrainingJob): Promise<Weights> {
  const state = await train(description);
  const weights = await state.weights();
  state.free();
  return weights;
}

function changed(weights: Weights, name: string, from: number): boolean {
  return weights.get(name)?.data.every((value) => value !== from) === true;
}

describe('training a ResNet', () => {
  test('lowers the loss and moves the statistics of the stem as those of the blocks', async () => {
    const reports: StepReport[] = [];
    const recipe = { ...RECIPE, steps: 60, dropPath: 0 };
    const weights = await trainedWeights(job({ recipe, onStep: (report) => reports.push(report) }));
    const mean = (part: readonly StepReport[]): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    const [first, last] = [mean(reports.slice(0, 10)), mean(reports.slice(-10))];
    assert.ok(last < first - 0.1, `${last} after ${first}`);
    for (const norm of ['bn1', 'blocks.0.bn1', 'blocks.4.bn3', 'blocks.4.downsample.1']) {
      assert.ok(changed(weights, `${norm}.running_mean`, 0), norm);
      assert.ok(changed(weights, `${norm}.running_var`, 1), norm);
    }
  });

  for (const accumulate of [1, 2]) {
    test(`that was interrupted and goes on ends bit for bit as one that was not, ${accumulate} batches a step`, async () => {
      const recipe = { ...RECIPE, accumulate };
      const expected = await trainedWeights(job({ recipe }));
      let snapshot: TrainingSnapshot | undefined;
      const checkpoints = {
        everySeconds: Infinity,
        load: () => Promise.resolve(snapshot),
        save: (saved: TrainingSnapshot) => {
          snapshot = saved;
          return Promise.resolve();
        },
      };
      const controller = new AbortController();
      const onStep = ({ step }: StepReport): void => {
        if (step === 2) controller.abort();
      };
      await assert.rejects(train(job({ recipe, checkpoints, signal: controller.signal, onStep })), Interrupted);
      const { step = 0 } = snapshot ?? {};
      assert.ok(step >= 2 && step < recipe.steps);
      assert.deepEqual(await trainedWeights(job({ recipe, checkpoints })), expected);
    });
  }
});

describe('several batches a step', () => {
  test('move the running statistics batch by batch, the stem’s too', async () => {
    // Without a learning rate nothing but the statistics changes, so six steps of one batch are three of two.
    const still = { ...RECIPE, learningRate: 0, minLearningRate: 0, dropPath: 0 };
    const one = await trainedWeights(job({ recipe: { ...still, steps: 6 } }));
    const two = await trainedWeights(job({ recipe: { ...still, steps: 3, accumulate: 2 } }));
    assert.deepEqual(two, one);
    assert.ok(changed(one, 'bn1.running_mean', 0));
  });

  test('that are the same batch make the step of that batch', async () => {
    // BatchNorm makes a step of two halves another one than that of the whole, but not of a batch and itself.
    const recipe = { ...RECIPE, dropPath: 0, steps: 3 };
    const once = await trainedWeights(job({ recipe }));
    const twice = await trainedWeights(job({ recipe: { ...recipe, accumulate: 2 }, loader: doubled(loader()) }));
    for (const [name, { data }] of once) {
      if (name.includes('running_')) continue;
      const found = twice.get(name)?.data ?? [];
      // Halves and their sum round as the whole; two programs may add in another order.
      data.forEach((value, at) => assert.ok(Math.abs(value - found[at]) <= 1e-5, `${name}: ${found[at]} and ${value}`));
    }
  });
});

/** A loader that gives every batch twice. */
function doubled(single: Loader): Loader {
  return {
    batchesPerEpoch: 2 * single.batchesPerEpoch,
    pixels: single.pixels,
    waited: 0,
    epoch: (epoch) => single.epoch(epoch),
    reuse: () => undefined,
    close: () => single.close(),
    async *from(step): AsyncGenerator<Batch, void, undefined> {
      for await (const batch of single.from(step / 2)) {
        // A step takes the memory of its images.
        yield { ...batch, images: batch.images.slice() };
        yield batch;
      }
    },
  };
}

test('the exported ResNet gives the logits of evaluation for one image and for three', async () => {
  const network = plainNetwork(TINY_RESNET);
  const weights = await trainedWeights(job());
  const exported = await device.compile(inferenceModel(network, weights), 'exported');
  const state = await NetworkState.load(device, network, weights);
  const rng = seeded('pixels');
  const logits: Tensor[] = [];
  for (const batch of [1, 3]) {
    const shape = [batch, 3, 32, 32];
    const program = evaluationProgram(network, input('images', 'float32', shape));
    const evaluation = await CompiledProgram.compile(device, program, 'evaluation');
    const images = float32(
      shape,
      Array.from({ length: batch * 3 * 32 * 32 }, () => rng.normal()),
    );
    const path = network.choices.map(() => 0);
    const expected = await evaluation.on(state.at(path)).run({ images, path: int64([path.length], path) });
    const found = await exported.run({ pixel_values: images });
    assert.deepEqual(found['logits'].shape, [batch, 10]);
    // Constant weights are folded and convolutions of blocked channels add in another order.
    found['logits'].data.forEach((value, at) => {
      assert.ok(Math.abs(Number(value) - Number(expected.logits.data[at])) <= 1e-5);
    });
    logits.push(found['logits']);
    await evaluation.release();
  }
  assert.ok(Math.max(...Array.from(logits[1].data, Number)) !== Math.min(...Array.from(logits[1].data, Number)));
  state.free();
  await exported.release();
});

test('a supernet of ResNet blocks trains one path a step, the statistics of its choices and of the stem', async () => {
  const { backbone, blocks } = TINY_RESNET;
  const space = defineSpace(
    'widths',
    resnet,
    blocks.map((block) => [block, { ...block, width: 2 * block.width }]),
  );
  const weights = await trainedWeights(job({ network: supernet(backbone, space), recipe: { ...RECIPE, steps: 1 } }));
  assert.ok(changed(weights, 'bn1.running_mean', 0));
  space.positions.forEach((_, position) => {
    const moved = [0, 1].filter((choice) =>
      changed(weights, `blocks.${position}.choices.${choice}.bn1.running_mean`, 0),
    );
    assert.equal(moved.length, 1);
  });
});
