import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../src/errors.js';
import { NO_AUGMENTATION } from '../src/image/augment/augmentation.js';
import { trainingLoader } from '../src/loader/loader.js';
import { IMAGENET_NORMALIZATION } from '../src/family/preprocessing.js';
import { architectureOf } from '../src/model/inherit.js';
import { plainNetwork, supernet, type Network } from '../src/model/network.js';
import { drawnBatches, evaluationBatches } from '../src/run/training/batches.js';
import { Evaluator } from '../src/run/training/evaluate.js';
import { Recalibrator } from '../src/run/levels/recalibrate.js';
import { seeded } from '../src/random/rng.js';
import { openDevice, type DeviceKind, type Precision } from '../src/runtime/device.js';
import { highLevelSpace } from '../src/space/highLevel.js';
import type { Path } from '../src/space/space.js';
import { train } from '../src/train/loop.js';
import { TINY_BACKBONE, TINY_RECIPE, tinyDataset } from './support/tinyNetworks.js';
import { whyNoBfloat16, whyNoOpenVino } from './openVino.js';
import { whyNoWebGpu } from './webGpu.js';

/** Trains a network, recalibrates a path and scores it: every program of a search, on one kind of device. */
async function searchSteps(kind: DeviceKind, network: Network, path: Path, precision: Precision = 'float32') {
  const { train: images, test: heldOut } = tinyDataset();
  const rng = seeded('devices');
  const device = await openDevice({ kind, threads: 1, precision });
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

type Steps = Awaited<ReturnType<typeof searchSteps>>;

/** Compares within the rounding of float32, which a few training steps spread. */
function assertAlike(cpu: Steps, other: Steps): void {
  cpu.losses.forEach((value, at) => {
    assert.ok(Math.abs(value - other.losses[at]) < 1e-4 * Math.max(1, value), `${value} and ${other.losses[at]}`);
  });
  assert.equal(other.accuracy, cpu.accuracy);
  // Adam divides by the size of a gradient: if that is noise, single entries drift by a learning rate per step.
  const name = 'head.weight';
  const [expected, actual] = [cpu.weights.get(name)?.data ?? [], other.weights.get(name)?.data ?? []];
  expected.forEach((value, at) => assert.ok(Math.abs(value - actual[at]) < 1e-4));
  assert.ok(expected.length > 0);
}

const SUPERNET = supernet(TINY_BACKBONE, highLevelSpace({ depth: 2, heads: 3, defaults: { kernel: 5 } }));
const PLAIN = plainNetwork(architectureOf(SUPERNET, [1, 0]));

describe('the programs of a search on WebGPU', { skip: await whyNoWebGpu() }, () => {
  test('give what they give on the CPU', async () => {
    assertAlike(await searchSteps('cpu', SUPERNET, [1, 0]), await searchSteps('webgpu', SUPERNET, [1, 0]));
  });
});

describe('the programs of a search on OpenVINO', { skip: await whyNoOpenVino() }, () => {
  test('give what they give on ONNX Runtime, in a supernet', async () => {
    assertAlike(await searchSteps('cpu', SUPERNET, [1, 0]), await searchSteps('openvino', SUPERNET, [1, 0]));
  });

  test('give what they give on ONNX Runtime, in a plain network', async () => {
    assertAlike(await searchSteps('cpu', PLAIN, [0, 0]), await searchSteps('openvino', PLAIN, [0, 0]));
  });

  test('give the same bits again', async () => {
    const [first, second] = [
      await searchSteps('openvino', PLAIN, [0, 0]),
      await searchSteps('openvino', PLAIN, [0, 0]),
    ];
    assert.deepEqual(second, first);
  });
});

describe("OpenVINO's bfloat16", { skip: await whyNoBfloat16() }, () => {
  test('keeps losses and gradient norms within 2 % of float32', async () => {
    const exact = await searchSteps('openvino', PLAIN, [0, 0]);
    const { losses } = await searchSteps('openvino', PLAIN, [0, 0], 'bfloat16');
    // 8 bits of mantissa: half a percent for a product, less for a sum of many; four steps spread it.
    exact.losses.forEach((value, at) => {
      assert.ok(Math.abs(value - losses[at]) <= 0.02 * Math.abs(value), `${value} and ${losses[at]}`);
    });
    assert.notDeepEqual(losses, exact.losses, 'it was computed in another precision');
  });
});

describe('a precision that a device lacks', () => {
  test('is refused in one line', async () => {
    await assert.rejects(
      openDevice({ kind: 'cpu', precision: 'bfloat16' }),
      new UserError('the device cpu computes in float32, not in bfloat16; use openvino'),
    );
  });
});
