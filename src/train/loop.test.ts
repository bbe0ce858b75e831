import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SMALL_IMAGE_AUGMENTATION } from '../image/augment/augmentation.js';
import { trainingLoader, type Loader, type PixelType } from '../loader/loader.js';
import { Interrupted, UserError } from '../errors.js';
import { IMAGENET_NORMALIZATION } from '../family/preprocessing.js';
import type { Network } from '../model/network.js';
import { seeded } from '../random/rng.js';
import { openDevice, type Device } from '../runtime/device.js';
import { float32, int64 } from '../tensor/tensor.js';
import { TINY_RECIPE, tinyDataset, tinyNetwork, tinySupernet } from '../../test/support/tinyNetworks.js';
import type { Checkpoints, TrainingSnapshot } from './checkpoints.js';
import { countCorrect, train, type StepReport, type TrainingJob } from './loop.js';
import type { Weights } from './state.js';

let device: Device;
const loaders: Loader[] = [];
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(async () => {
  await device.close();
  await Promise.all(loaders.map((loader) => loader.close()));
});

function job(network: Network, changes: Partial<TrainingJob> = {}): TrainingJob {
  const rng = seeded('loop');
  const loader = trainingLoader(tinyDataset().train, {
    imageSize: 32,
    batchSize: TINY_RECIPE.batchSize,
    rng: rng.fork('data'),
    augmentation: SMALL_IMAGE_AUGMENTATION,
    workers: 0,
  });
  loaders.push(loader);
  return { device, network, loader, normalization: IMAGENET_NORMALIZATION, recipe: TINY_RECIPE, rng, ...changes };
}

async function trainedWeights(description: TrainingJob): Promise<Weights> {
  const state = await train(description);
  const weights = await state.weights();
  state.free();
  return weights;
}

type Outcome = Pick<StepReport, 'loss' | 'correct' | 'gradientNorm'>;

/** The reports of two steps with changed batches. */
async function firstSteps({
  lambda,
  reversed = false,
  pixels = 'uint8',
}: {
  readonly lambda?: number | undefined;
  readonly reversed?: boolean;
  readonly pixels?: PixelType;
}): Promise<readonly Outcome[]> {
  const reports: Outcome[] = [];
  const recipe = { ...TINY_RECIPE, steps: 2 };
  const onStep = ({ loss, correct, gradientNorm }: StepReport) => reports.push({ loss, correct, gradientNorm });
  const plain = job(tinyNetwork(), { recipe, onStep });
  const { loader } = plain;
  const changed: Loader = {
    batchesPerEpoch: loader.batchesPerEpoch,
    pixels,
    waited: 0,
    close: () => loader.close(),
    epoch: () => loader.epoch(0),
    reuse: () => undefined,
    async *from(step) {
      for await (const { images, labels, size } of loader.from(step)) {
        yield {
          images: pixels === 'float32' ? Float32Array.from(images) : images,
          labels: reversed ? labels.toReversed() : labels,
          size,
          mix: lambda === undefined ? undefined : { lambda },
        };
      }
    },
  };
  await trainedWeights({ ...plain, loader: changed });
  return reports;
}

/** Snapshots in memory. */
class Kept implements Checkpoints {
  snapshot: TrainingSnapshot | undefined;
  constructor(readonly everySeconds = Infinity) {}
  load = () => Promise.resolve(this.snapshot);
  save = (snapshot: TrainingSnapshot) => {
    this.snapshot = snapshot;
    return Promise.resolve();
  };
}

describe('training', () => {
  test('reports every step in order and lowers the loss', async () => {
    const reports: StepReport[] = [];
    const recipe = { ...TINY_RECIPE, steps: 60, learningRate: 3e-3, dropPath: 0 };
    await trainedWeights(job(tinyNetwork(), { recipe, onStep: (report) => reports.push(report) }));
    assert.deepEqual(
      reports.map(({ step }) => step),
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
    const mean = (part: readonly StepReport[]): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    assert.ok(mean(reports.slice(-10)) < mean(reports.slice(0, 10)) - 0.02);
    assert.ok(reports.every(({ images, correct }) => images === 8 && correct >= 0 && correct <= 8));
  });

  for (const [name, network] of [
    ['a plain network', tinyNetwork],
    ['a supernet', tinySupernet],
    ['an entangled supernet', () => tinySupernet({ entangled: true })],
  ] as const) {
    for (const accumulate of [1, 3]) {
      const recipe = { ...TINY_RECIPE, accumulate };
      test(`of ${name}, ${accumulate} batches per step, interrupted and resumed, ends bit for bit like an uninterrupted one`, async () => {
        const expected = await trainedWeights(job(network(), { recipe }));
        const checkpoints = new Kept();
        const controller = new AbortController();
        const stopped = train(
          job(network(), {
            recipe,
            checkpoints,
            signal: controller.signal,
            onStep: ({ step }) => {
              if (step === 3) controller.abort();
            },
          }),
        );
        await assert.rejects(stopped, Interrupted);
        const done = checkpoints.snapshot?.step ?? 0;
        assert.ok(done >= 3 && done < TINY_RECIPE.steps);
        assert.deepEqual(await trainedWeights(job(network(), { recipe, checkpoints })), expected);
      });
    }
  }

  test('of a supernet changes the choices of the paths that were drawn and nothing else', async () => {
    const network = tinySupernet();
    const recipe = { ...TINY_RECIPE, steps: 1 };
    const rng = seeded('loop').fork('weights');
    const trained = await trainedWeights(job(network, { recipe }));
    const changed = network.choices.map((groups) =>
      groups.map((group) => {
        const { parameters, buffers } = group.initialize(rng);
        return [...group.unpack(parameters, buffers)].some(([name, first]) =>
          trained.get(name)?.data.some((value, at) => value !== first.data[at]),
        );
      }),
    );
    for (const choices of changed) assert.equal(choices.filter(Boolean).length, 1);
  });

  test('keeps a moving average that lags behind the weights', async () => {
    const state = await train(job(tinyNetwork(), { recipe: { ...TINY_RECIPE, averageDecay: 0.9 } }));
    const [weights, averages] = [await state.weights(), await state.averages()];
    state.free();
    // Parameters and statistics, but no batch counters, which cannot be averaged.
    assert.deepEqual([...(averages?.keys() ?? [])].sort(), [...weights.keys()].sort());
    assert.ok([...weights.keys()].every((name) => !name.includes('num_batches_tracked')));
    const name = 'head.weight';
    assert.notDeepEqual(averages?.get(name), weights.get(name));
  });

  test('takes mixed batches: part of one label, part of the other', async () => {
    const mixed = (lambda: number | undefined): Promise<readonly Outcome[]> => firstSteps({ lambda });
    const [own, all, none, half] = [await mixed(undefined), await mixed(1), await mixed(0), await mixed(0.3)];
    assert.deepEqual(all, own);
    const reversed = await firstSteps({ reversed: true });
    assert.deepEqual(none, reversed);
    // In the first step, where the weights are still equal, λ interpolates the loss; accuracy counts the dominant
    // label.
    assert.ok(Math.abs(half[0].loss - (0.3 * own[0].loss + 0.7 * reversed[0].loss)) < 1e-6);
    assert.equal(half[0].correct, reversed[0].correct);
  });

  test('is the same on bytes and on real numbers', async () => {
    assert.deepEqual(await firstSteps({ pixels: 'float32' }), await firstSteps({}));
  });

  test('that diverges stops with a hint about the learning rate', async () => {
    const recipe = { ...TINY_RECIPE, steps: 50, learningRate: 1e30, warmupSteps: 0, clipNorm: 0 };
    await assert.rejects(train(job(tinyNetwork(), { recipe })), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /loss became .* at step \d+; lower the learning rate/);
      return true;
    });
  });

  test('whose step fails before anyone waits for it ends in a rejection, not in an unhandled one', async () => {
    const own = await openDevice({ threads: 1 });
    const plain = job(tinyNetwork(), { device: own });
    const { loader } = plain;
    const closing: Loader = {
      batchesPerEpoch: loader.batchesPerEpoch,
      pixels: loader.pixels,
      waited: 0,
      close: () => loader.close(),
      epoch: (epoch) => loader.epoch(epoch),
      reuse: (batch) => loader.reuse(batch),
      async *from(step) {
        for await (const batch of loader.from(step)) {
          // The device refuses the step of the first batch while the training waits for the second.
          await own.close();
          await wait(50);
          yield batch;
        }
      },
    };
    await assert.rejects(train({ ...plain, loader: closing }), /the device was closed/);
  });
});

test('counts the rows whose largest logit is at the label', () => {
  const logits = float32([3, 2], [0.1, 0.2, 3, -1, 0, 1]);
  assert.equal(countCorrect(logits, int64([3], [1, 1, 1]).data), 2);
  // More classes than a call can have arguments.
  const many = float32([1, 200_000], new Float32Array(200_000).fill(1, 150_000, 150_001));
  assert.equal(countCorrect(many, int64([1], [150_000]).data), 1);
});
