import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { drawnWeights } from '../../test/support/drawnWeights.js';
import { numbered, temporaryFolder, writeImages } from '../../test/support/imageFiles.js';
import { TINY_ARCHITECTURE } from '../../test/support/tinyNetworks.js';
import { architecture as architectureOf } from '../family/architecture.js';
import { plainNetwork } from '../model/network.js';
import type { Listener } from '../telemetry/events.js';
import { exportedModel } from './exportModel.js';
import type { Model } from './modelFile.js';
import { evaluateModel, type EvaluationOptions } from './useModel.js';

const folder = temporaryFolder();
const COUNT = 12;

/** A network that does not name its classes, of a run with this seed. */
function unnamed(seed?: number): Model {
  const { family, ...rest } = TINY_ARCHITECTURE;
  const architecture = architectureOf(family, { ...rest, backbone: { ...rest.backbone, classes: COUNT } });
  const classes = Array.from({ length: COUNT }, (_, index) => String(index));
  const weights = drawnWeights(plainNetwork(architecture));
  return { ...exportedModel(weights, { classes, architecture, naming: 'numbers', seed }), name: 'tiny' };
}

/** The assessment of a model on test images, with the warnings. */
async function evaluated(model: Model, data: string, options: Partial<EvaluationOptions> = {}) {
  const warnings: string[] = [];
  const assessment = await evaluateModel(model, {
    ...{ data, split: 'test', workers: 0, threads: 1, ...options },
    emit: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    },
  });
  return { ...assessment, warnings };
}

/** The images that count for each output, of a folder with `index + 1` images in the class `nameOf(index)`. */
async function imagesByOutput(name: string, nameOf: (index: number) => string): Promise<[number[], string[]]> {
  const data = path.join(folder, name);
  const files = Array.from({ length: COUNT }, (_, index) => numbered(`test/${nameOf(index)}`, index + 1)).flat();
  await writeImages(data, [...files, ...files.map((file) => file.replace('test', 'train'))], 32);
  const { confusion, warnings } = await evaluated(unnamed(), data);
  return [confusion.map((row) => [...row.values()].reduce((sum, count) => sum + count, 0)), warnings];
}

test('folders with the numbers of the outputs are matched by number, with a warning that training may have sorted them', async () => {
  const [images, warnings] = await imagesByOutput('numbers', String);
  assert.deepEqual(images, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.match(warnings[0], /by number; if it was trained on folders in sorted order, .* with --classes FILE/);
});

test('other folders are matched in sorted order, which the warning shows', async () => {
  const [images, warnings] = await imagesByOutput('from one', (index) => String(index + 1));
  assert.deepEqual(images, [1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.match(warnings[0], /in sorted order \(1 is 0, 10 is 1, 11 is 2, .* and 2 more\)/);
});

test('only the images of the split are read', async () => {
  const data = path.join(folder, 'broken');
  const files = Array.from({ length: COUNT }, (_, index) => numbered(String(index), 1)).flat();
  await writeImages(
    data,
    ['train', 'test'].flatMap((split) => files.map((file) => path.join(split, file))),
    32,
  );
  await writeFile(path.join(data, 'train', '0', 'broken.png'), 'no image');
  const unreadable: string[] = [];
  const emit: Listener = (event) => {
    if (event.type === 'unreadable') unreadable.push(event.file);
  };
  for (const split of ['test', 'train'] as const) {
    await evaluateModel(unnamed(), { data, split, workers: 0, threads: 1, emit });
    assert.equal(unreadable.length, split === 'test' ? 0 : 1);
  }
});

test('it says how far it is, batch by batch', async () => {
  const data = path.join(folder, 'batches');
  await writeImages(data, Array.from({ length: COUNT }, (_, index) => numbered(String(index), 2)).flat(), 32);
  const told: string[] = [];
  const emit: Listener = (event) => {
    if (!('stage' in event) || event.stage?.kind !== 'eval') return;
    told.push(event.type === 'stageProgress' ? `${event.done} of ${event.total}` : event.type);
  };
  await evaluateModel(unnamed(), { data, split: 'all', batchSize: 10, workers: 0, threads: 1, emit });
  assert.deepEqual(told, ['stageStarted', '10 of 24', '20 of 24', '24 of 24', 'stageFinished']);
});

test('a folder without test images is split by the seed that the model was trained with', async () => {
  const data = path.join(folder, 'without splits');
  await writeImages(data, Array.from({ length: COUNT }, (_, index) => numbered(String(index), 10)).flat(), 32);
  const first = async (model: Model, seed?: number) => (await evaluated(model, data, { seed })).samples;
  assert.deepEqual(await first(unnamed(5)), await first(unnamed(), 5));
  assert.notDeepEqual(await first(unnamed(5)), await first(unnamed()));
  const { warnings } = await evaluated(unnamed(5), data, { seed: 0 });
  assert.match(warnings[0], /tiny was trained with the seed 5: .* some test images were trained on/);
});
