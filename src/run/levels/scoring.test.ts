import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NO_AUGMENTATION } from '../../image/augment/augmentation.js';
import { evaluationLoader } from '../../loader/loader.js';
import { UserError } from '../../errors.js';
import { normalizePixels } from '../../program/images.js';
import { IMAGENET_NORMALIZATION } from '../../family/preprocessing.js';
import { architectureOf, inheritWeights } from '../../model/inherit.js';
import { plainNetwork } from '../../model/network.js';
import { seeded } from '../../random/rng.js';
import { openDevice, type Device } from '../../runtime/device.js';
import { tensor, type Tensor } from '../../tensor/tensor.js';
import { countCorrect } from '../../train/loop.js';
import { NetworkState } from '../../train/state.js';
import { TINY_ARCHITECTURE, tinyDataset, tinyNetwork, tinySupernet } from '../../../test/support/tinyNetworks.js';
import { drawnBatches, evaluationBatches, type FixedBatches } from '../training/batches.js';
import { Evaluator } from '../training/evaluate.js';
import { exportedModel, readExportedModel } from '../../modelfile/exportModel.js';
import { assessFile } from '../../modelfile/assess.js';
import { Recalibrator } from './recalibrate.js';

const dataset = tinyDataset();
/** One name for each output of the network, which has more than the images have classes. */
const classes = Array.from({ length: TINY_ARCHITECTURE.backbone.classes }, (_, at) => `class ${at}`);
let device: Device;
let folder: string;
before(async () => {
  device = await openDevice({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'glit-scoring-'));
});
after(async () => {
  await device.close();
  await rm(folder, { recursive: true });
});

/** How both the batches of a test look; nothing needs closing where the calling thread does the work. */
const PLAIN = { imageSize: 32, preprocessing: TINY_ARCHITECTURE.preprocessing, workers: 0 };

function heldOut(batchSize: number): FixedBatches {
  return evaluationBatches(dataset.test, { ...PLAIN, batchSize });
}

function drawn(batches: number, batchSize: number): FixedBatches {
  const rng = seeded('batches');
  return drawnBatches(dataset.train, { ...PLAIN, batches, batchSize, augmentation: NO_AUGMENTATION, rng });
}

describe('evaluation', () => {
  test('counts every image once, also those of a last batch that is not full, and agrees with the exported file', async () => {
    const network = tinyNetwork();
    const state = await NetworkState.initialize(device, network, seeded('evaluation'));
    const file = join(folder, 'model.onnx');
    const description = { classes, architecture: TINY_ARCHITECTURE };
    await writeFile(file, exportedModel(await state.weights(), description).bytes);
    const { accuracy: fromFile } = await assessFile(device, file, dataset.test, { batchSize: 16, workers: 0 });
    const losses: number[] = [];
    for (const batchSize of [7, 25, 64]) {
      const evaluator = await Evaluator.create(device, network, heldOut(batchSize));
      const { accuracy, loss } = await evaluator.measure(state, [0, 0, 0]);
      assert.equal(accuracy, fromFile);
      losses.push(loss);
      await evaluator.close();
    }
    assert.ok(
      losses.every((loss) => loss > 0 && Math.abs(loss - losses[0]) < 1e-5),
      losses.join(),
    );
    // 50 images: the accuracy is a whole number of fiftieths.
    assert.equal(Math.round(fromFile * 50), fromFile * 50);
    state.free();
  });

  test('of a path of a supernet is that of its subnet with inherited weights', async () => {
    const network = tinySupernet();
    const state = await NetworkState.initialize(device, network, seeded('paths'));
    const weights = await state.weights();
    const evaluator = await Evaluator.create(device, network, heldOut(25));
    for (const path of [
      [0, 3],
      [2, 1],
      [3, 3],
    ]) {
      const subnet = plainNetwork(architectureOf(network, path));
      const own = await NetworkState.load(device, subnet, inheritWeights(network, path, weights));
      const alone = await Evaluator.create(device, subnet, heldOut(25));
      assert.equal(await evaluator.accuracy(state, path), await alone.accuracy(own, [0, 0]));
      await alone.close();
      own.free();
    }
    await evaluator.close();
    state.free();
  });
});

/** The weights with this value for all running statistics. */
function withStatistics(
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  value: number,
): Map<string, Tensor<'float32'>> {
  const isStatistic = (name: string): boolean => /running_(mean|var)$/.test(name);
  return new Map(
    [...weights].map(([name, kept]) => {
      if (!isStatistic(name)) return [name, kept];
      return [name, tensor('float32', kept.shape, new Float32Array(kept.data.length).fill(value))];
    }),
  );
}

describe('recalibration', () => {
  test('gives the plain average of the batches’ statistics, whatever the statistics were', async () => {
    const network = tinySupernet();
    const path = [0, 1];
    const state = await NetworkState.initialize(device, network, seeded('calibration'));
    const statistics = async (
      batches: number,
      state: NetworkState,
    ): Promise<ReadonlyMap<string, Tensor<'float32'>>> => {
      const recalibrator = await Recalibrator.create(device, network, drawn(batches, 20));
      await recalibrator.recalibrate(state, path);
      await recalibrator.close();
      return state.weights();
    };
    const name = 'blocks.0.choices.0.attn.net.4.running_mean';
    const ofOne = await statistics(1, state);
    const ofAll = await statistics(3, state);
    assert.deepEqual(await statistics(1, state), ofOne, 'an earlier recalibration leaves no trace');
    const far = await NetworkState.load(device, network, withStatistics(ofOne, 12.3456789));
    const ofPath = inheritWeights(network, path, ofOne);
    assert.deepEqual(inheritWeights(network, path, await statistics(1, far)), ofPath, 'nor do any other statistics');
    far.free();
    assert.notDeepEqual(ofAll.get(name), ofOne.get(name));
    // The three batches are the whole training set, so their average equals that of one batch with all images.
    const whole = await Recalibrator.create(device, network, drawn(1, 60));
    await whole.recalibrate(state, path);
    await whole.close();
    const expected = (await state.weights()).get(name)?.data ?? [];
    ofAll.get(name)?.data.forEach((value, channel) => assert.ok(Math.abs(value - expected[channel]) < 1e-5));
    const untouched = (await state.weights()).get('blocks.0.choices.1.attn.net.4.running_mean');
    assert.ok(
      untouched?.data.every((value) => value === 0),
      'choices that are not on the path keep theirs',
    );
    state.free();
  });

  test('of a path without BatchNorm does nothing', async () => {
    const network = tinySupernet();
    const state = await NetworkState.initialize(device, network, seeded('attention'));
    const recalibrator = await Recalibrator.create(device, network, drawn(1, 20));
    const before = await state.weights();
    await recalibrator.recalibrate(state, [3, 3]);
    assert.deepEqual(await state.weights(), before);
    await recalibrator.close();
    state.free();
  });
});

describe('the exported model', () => {
  test('takes any batch size and carries its class names', async () => {
    const state = await NetworkState.initialize(device, tinyNetwork(), seeded('export'));
    const file = join(folder, 'named.onnx');
    const exported = exportedModel(await state.weights(), { classes, architecture: TINY_ARCHITECTURE });
    await writeFile(file, exported.bytes);
    state.free();
    const { bytes, imageSize, ...read } = await readExportedModel(file);
    assert.deepEqual(read.classes, classes);
    assert.equal(imageSize, 32);
    const program = await device.compile(bytes);
    const loader = evaluationLoader(dataset.test, { imageSize, batchSize: 6, workers: 0 });
    for await (const { images, labels } of loader.epoch(0)) {
      const values = normalizePixels(images, imageSize, IMAGENET_NORMALIZATION);
      const all = await program.run({ pixel_values: tensor('float32', [labels.length, 3, 32, 32], values) });
      const one = await program.run({ pixel_values: tensor('float32', [1, 3, 32, 32], values.slice(0, 3 * 32 * 32)) });
      assert.deepEqual(all['logits'].shape, [labels.length, classes.length]);
      one['logits'].data.forEach((value, at) =>
        assert.ok(Math.abs(Number(value) - Number(all['logits'].data[at])) < 1e-5),
      );
      assert.ok(countCorrect(all['logits'] as Tensor<'float32'>, labels) <= labels.length);
    }
    await loader.close();
  });

  test('is refused if it is not one of glit’s', async () => {
    const file = join(folder, 'broken.onnx');
    await writeFile(file, 'no model');
    await assert.rejects(readExportedModel(file), UserError);
    await assert.rejects(readExportedModel(join(folder, 'missing.onnx')), /there is no such file as .*missing\.onnx/);
  });
});
