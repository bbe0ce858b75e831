import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_AUGMENTATION } from '../image/augment/augmentation.js';
import { trainingLoader, type Batch, type Loader } from '../loader/loader.js';
import { Interrupted } from '../errors.js';
import { IMAGENET_NORMALIZATION } from '../family/preprocessing.js';
import { plainNetwork, supernet, type Network } from '../model/network.js';
import { seeded } from '../random/rng.js';
import { openDevice, type Device } from '../runtime/device.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { block } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { defineSpace } from '../space/space.js';
import { TINY_BACKBONE, TINY_RECIPE, tinyDataset, tinyNetwork, tinySupernet } from '../../test/support/tinyNetworks.js';
import type { TrainingSnapshot } from './checkpoints.js';
import { train, type Recipe, type StepReport } from './loop.js';
import type { Weights } from './state.js';

let device: Device;
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(() => device.close());

/** The same images in the same order for any batch size, without random augmentation. */
function loaderOf(batchSize: number): Loader {
  const augmentation = NO_AUGMENTATION;
  const options = { imageSize: 32, batchSize, rng: seeded('accumulation'), augmentation, workers: 0 };
  return trainingLoader(tinyDataset().train, options);
}

interface Trained {
  readonly weights: Weights;
  readonly averages: Weights | undefined;
  readonly reports: readonly StepReport[];
}

async function trained(network: Network, recipe: Recipe, loader = loaderOf(recipe.batchSize)): Promise<Trained> {
  const reports: StepReport[] = [];
  const state = await train({
    device,
    network,
    loader,
    normalization: IMAGENET_NORMALIZATION,
    recipe,
    rng: seeded('accumulation'),
    onStep: (report) => reports.push(report),
  });
  const result = { weights: await state.weights(), averages: await state.averages(), reports };
  state.free();
  await loader.close();
  return result;
}

const ATTENTION = block({ globalHeads: 3, localHeads: 0 });

/** A network without BatchNorm, so that an image's gradient does not depend on the others of its batch. */
const attention = (): Network =>
  plainNetwork(glitArchitecture({ backbone: TINY_BACKBONE, blocks: [ATTENTION, ATTENTION] }));

/** Two sizes of such blocks to choose from. */
function attentionSupernet(): Network {
  const wide = block({ globalHeads: 3, localHeads: 0, ffnRatio: 6 });
  return supernet(
    TINY_BACKBONE,
    defineSpace('attention', glit, [
      [ATTENTION, wide],
      [wide, ATTENTION],
    ]),
  );
}

/** Three steps of 16 images, which are within an epoch of 60. */
const RECIPE: Recipe = { ...TINY_RECIPE, batchSize: 16, steps: 3, dropPath: 0, averageDecay: 0.9 };

describe('gradients of several batches', () => {
  for (const [name, network] of [
    ['a plain network', attention],
    ['a supernet', attentionSupernet],
  ] as const) {
    for (const accumulate of [2, 4, 16]) {
      test(`of ${name}: ${accumulate} batches of ${16 / accumulate} make the step that one of 16 makes`, async () => {
        const whole = await trained(network(), RECIPE);
        const parts = await trained(network(), { ...RECIPE, batchSize: 16 / accumulate, accumulate });
        assert.equal(parts.reports.length, whole.reports.length);
        whole.reports.forEach((report, at) => {
          const found = parts.reports[at];
          assert.deepEqual([found.step, found.images, found.correct], [report.step, report.images, report.correct]);
          assert.equal(found.learningRate, report.learningRate);
          assert.ok(Math.abs(found.loss - report.loss) < 1e-5, `loss ${found.loss} and ${report.loss}`);
          const norms = found.gradientNorm / report.gradientNorm;
          assert.ok(Math.abs(norms - 1) < 1e-4, `relative gradient norm ${norms}`);
        });
        compare(whole.weights, parts.weights);
        if (whole.averages !== undefined && parts.averages !== undefined) compare(whole.averages, parts.averages);
        assert.equal(whole.averages === undefined, name === 'a supernet');
        assert.equal(parts.averages === undefined, name === 'a supernet');
      });
    }
  }

  test('move the running statistics batch by batch', async () => {
    // Without a learning rate only the statistics change, so six steps of one batch equal three of two.
    const still = { ...TINY_RECIPE, learningRate: 0, warmupSteps: 0, minLearningRate: 0, weightDecay: 0, dropPath: 0 };
    const one = await trained(tinyNetwork(), { ...still, steps: 6 });
    const two = await trained(tinyNetwork(), { ...still, steps: 3, accumulate: 2 });
    assert.deepEqual(two.weights, one.weights);
    const [statistics] = [...one.weights].filter(([name]) => name.endsWith('running_mean'));
    assert.ok(statistics[1].data.some((value) => value !== 0));
  });

  test('all go along one path of a supernet', async () => {
    const network = tinySupernet();
    const start = new Map(
      network.choices.flat().flatMap((group) => {
        const { parameters, buffers } = group.initialize(seeded('accumulation').fork('weights'));
        return [...group.unpack(parameters, buffers)];
      }),
    );
    const { weights } = await trained(network, { ...TINY_RECIPE, steps: 1, accumulate: 3 });
    for (const choices of network.choices) {
      const changed = choices.filter(({ prefix }) =>
        [...start].some(
          ([name, first]) =>
            name.startsWith(prefix) && weights.get(name)?.data.some((value, at) => value !== first.data[at]),
        ),
      );
      assert.equal(changed.length, 1);
    }
  });
});

describe('a run that accumulates', () => {
  const recipe: Recipe = { ...TINY_RECIPE, steps: 4, accumulate: 3, averageDecay: 0.9 };

  for (let batches = 1; batches < 12; batches++) {
    test(`ends the same if it is interrupted after ${batches} of 12 batches`, async () => {
      const expected = await uninterrupted();
      let snapshot: TrainingSnapshot | undefined;
      const controller = new AbortController();
      const run = (loader: Loader) =>
        train({
          device,
          network: tinyNetwork(),
          loader,
          normalization: IMAGENET_NORMALIZATION,
          recipe,
          rng: seeded('accumulation'),
          signal: controller.signal,
          checkpoints: {
            everySeconds: Infinity,
            load: () => Promise.resolve(snapshot),
            save: (saved) => {
              snapshot = saved;
              return Promise.resolve();
            },
          },
        });
      await assert.rejects(run(stopping(loaderOf(recipe.batchSize), batches, controller)), Interrupted);
      assert.equal(snapshot?.step, Math.floor(batches / 3));
      const rest = await trainedFrom(snapshot);
      assert.deepEqual(rest.weights, expected.weights);
      assert.deepEqual(rest.averages, expected.averages);
    });
  }

  let reference: Promise<Trained> | undefined;
  function uninterrupted(): Promise<Trained> {
    reference ??= trained(tinyNetwork(), recipe);
    return reference;
  }

  async function trainedFrom(snapshot: TrainingSnapshot): Promise<Omit<Trained, 'reports'>> {
    const loader = loaderOf(recipe.batchSize);
    const state = await train({
      device,
      network: tinyNetwork(),
      loader,
      normalization: IMAGENET_NORMALIZATION,
      recipe,
      rng: seeded('accumulation'),
      checkpoints: { everySeconds: Infinity, load: () => Promise.resolve(snapshot), save: () => Promise.resolve() },
    });
    const result = { weights: await state.weights(), averages: await state.averages() };
    state.free();
    await loader.close();
    return result;
  }
});

/** A loader that aborts its receiver while it works on batch number `batches`, counted from 1. */
function stopping(loader: Loader, batches: number, controller: AbortController): Loader {
  return {
    batchesPerEpoch: loader.batchesPerEpoch,
    pixels: loader.pixels,
    waited: 0,
    epoch: (epoch) => loader.epoch(epoch),
    reuse: (batch) => loader.reuse(batch),
    close: () => loader.close(),
    async *from(step): AsyncGenerator<Batch, void, undefined> {
      let given = 0;
      for await (const batch of loader.from(step)) {
        given++;
        if (given === batches) controller.abort();
        yield batch;
      }
    },
  };
}

/**
 * AdamW divides a gradient near 0 by its own size, so rounding shows in single parameters, above all in the key part of the
 * qkv bias, whose gradient is 0 in exact arithmetic.
 */
function compare(expected: Weights, found: Weights): void {
  const differences = [...expected]
    .filter(([name]) => !name.endsWith('attn.qkv.bias'))
    .flatMap(([name, { data }]) =>
      Array.from(data, (value, at) => Math.abs(value - Number(found.get(name)?.data[at]))),
    );
  const far = differences.filter((difference) => !(difference <= 1e-6)).length;
  assert.ok(far / differences.length <= 1e-3, `${far} of ${differences.length} parameters differ`);
}
