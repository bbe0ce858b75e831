import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_AUGMENTATION } from '../src/image/augment/augmentation.js';
import { trainingLoader } from '../src/loader/loader.js';
import { IMAGENET_NORMALIZATION } from '../src/family/preprocessing.js';
import { supernet } from '../src/model/network.js';
import { drawnBatches, evaluationBatches } from '../src/run/batches.js';
import { Evaluator } from '../src/run/evaluate.js';
import { Recalibrator } from '../src/run/levels/recalibrate.js';
import { seeded } from '../src/random/rng.js';
import { openDevice, type DeviceKind } from '../src/runtime/device.js';
import { highLevelSpace } from '../src/space/highLevel.js';
import { train } from '../src/train/loop.js';
import { TINY_BACKBONE, TINY_RECIPE, tinyDataset } from './support/tinyNetworks.js';
import { whyNoWebGpu } from './webGpu.js';

/** Trains a supernet, recalibrates a mixed path and scores it: every program of a search, on one kind of device. */
async function searchSteps(kind: DeviceKind) {
  const { train: images, test: heldOut } = tinyDataset();
  const network = supernet(TINY_BACKBONE, highLevelSpace({ depth: 2, heads: 3, defaults: { kernel: 5 } }));
  const rng = seeded('devices');
  const device = await openDevice({ kind, threads: 1 });
  const common = { imageSize: 32, augmentation: NO_AUGMENTATION, rng: rng.fork('data'), workers: 0 };
  const loader = trainingLoader(images, { ...common, batchSize: TINY_RECIPE.batchSize });
  const losses: number[] = [];
  const state = await train({
    device,
    network,
    loader,
    normalization: IMAGENET_NORMALIZATION,
    recipe: { ...TINY_RECIPE, steps: 4 },
    rng,
    onStep: ({ loss, gradientNorm }) => losses.push(loss, gradientNorm),
  });
  const path = [1, 0];
  const batches = { ...common, preprocessing: network.preprocessing };
  const calibration = drawnBatches(images, { ...batches, batches: 2, batchSize: 10 });
  const recalibrator = await Recalibrator.create(device, network, calibration);
  await recalibrator.recalibrate(state, path);
  const evaluator = await Evaluator.create(device, network, evaluationBatches(heldOut, { ...batches, batchSize: 25 }));
  const accuracy = await evaluator.accuracy(state, path);
  const weights = await state.weights();
  await Promise.all([recalibrator.close(), evaluator.close(), loader.close()]);
  await device.close();
  return { losses, accuracy, weights };
}

describe('the programs of a search', { skip: await whyNoWebGpu() }, () => {
  test('give on WebGPU what they give on the CPU', async () => {
    const [cpu, gpu] = [await searchSteps('cpu'), await searchSteps('webgpu')];
    cpu.losses.forEach((value, at) => {
      assert.ok(Math.abs(value - gpu.losses[at]) < 1e-4 * Math.max(1, value), `${value} and ${gpu.losses[at]}`);
    });
    assert.equal(gpu.accuracy, cpu.accuracy);
    // Adam divides by the size of a gradient: if that is noise, single entries drift by a learning rate per step.
    const name = 'head.weight';
    const [expected, actual] = [cpu.weights.get(name)?.data ?? [], gpu.weights.get(name)?.data ?? []];
    expected.forEach((value, at) => assert.ok(Math.abs(value - actual[at]) < 1e-4));
    assert.ok(expected.length > 0);
  });
});
