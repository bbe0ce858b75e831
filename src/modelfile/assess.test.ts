import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { drawnWeights } from '../../test/support/drawnWeights.js';
import { TINY_ARCHITECTURE, tinyDataset, tinyNetwork } from '../../test/support/tinyNetworks.js';
import { openDevice } from '../runtime/device.js';
import { assessModel, classScores, type Assessment } from './assess.js';
import { assessmentFiles } from './assessmentFiles.js';
import { exportedModel } from './exportModel.js';
import { compileModel, scoresOf, softmax } from './runModel.js';
import { evaluationLoader } from '../loader/loader.js';

const device = await openDevice({ threads: 1 });
after(() => device.close());

const CLASSES = ['<img src=x>', 'a,b', 'c\u001b[31m', ...Array.from({ length: 7 }, (_, at) => `class ${at}`)];

describe('an assessment', () => {
  const model = {
    ...exportedModel(drawnWeights(tinyNetwork()), { classes: CLASSES, architecture: TINY_ARCHITECTURE }),
    name: 'tiny',
  };
  const { test: images } = tinyDataset();
  const assessment = assessModel(device, model, images, { batchSize: 7, workers: 0 });

  test('counts every image once, and agrees with the scores one by one', async () => {
    const program = await compileModel(device, model);
    const loader = evaluationLoader(images, { imageSize: model.imageSize, batchSize: 1, workers: 0 });
    const expected = CLASSES.map(() => new Map<number, number>());
    const wrong: number[] = [];
    for await (const { images: pixels, labels } of loader.epoch(0)) {
      const scores = softmax(Array.from((await scoresOf(program, model, pixels, 1)).data));
      const predicted = scores.indexOf(Math.max(...scores));
      const row = expected[Number(labels[0])];
      row.set(predicted, (row.get(predicted) ?? 0) + 1);
      if (predicted !== Number(labels[0])) wrong.push(scores[predicted]);
    }
    await loader.close();
    const { confusion, accuracy, images: count, mistakes, samples } = await assessment;
    assert.deepEqual(confusion, expected);
    assert.equal(count, images.labels.length);
    assert.equal(accuracy, (count - wrong.length) / count);
    const surest = wrong.sort((a, b) => b - a).slice(0, 24);
    mistakes.forEach(({ confidence }, at) => assert.ok(Math.abs(confidence - surest[at]) < 1e-6));
    assert.equal(mistakes.length, surest.length);
    const every = Math.floor(count / 24);
    assert.deepEqual(
      samples.map(({ truth }) => truth),
      Array.from({ length: 24 }, (_, at) => images.labels[at * every]),
    );
  });

  test('maps the classes of the images to those of the model', async () => {
    const outputs = CLASSES.map((_, at) => (at + 1) % CLASSES.length);
    const other = await assessModel(device, model, images, { batchSize: 50, workers: 0, outputs });
    const { confusion } = await assessment;
    assert.deepEqual(other.confusion[0], confusion[CLASSES.length - 1]);
  });

  test('of scores that are no numbers is an error', async () => {
    const weights = drawnWeights(tinyNetwork());
    weights.get('head.bias')?.data.fill(NaN);
    const broken = { ...exportedModel(weights, { classes: CLASSES, architecture: TINY_ARCHITECTURE }), name: 'broken' };
    await assert.rejects(assessModel(device, broken, images, { batchSize: 50, workers: 0 }), {
      name: 'UserError',
      message: /scores are not finite; the weights are damaged/,
    });
  });

  test('becomes tables and pictures in which names are only text', async () => {
    const files = await assessmentFiles(await assessment, 'test images');
    for (const [name, content] of files) {
      assert.ok(!/<img|\u001b/.test(name.endsWith('.svg') ? content : ''), name);
    }
    const table = files.get('classes.csv') ?? '';
    assert.match(table, /^name,images,precision,recall,f1\n<img src=x>,\d+,/);
    assert.match(table, /\n"a,b",/);
    assert.equal((files.get('confusion_matrix.csv') ?? '').trim().split('\n').length, CLASSES.length + 1);
  });
});

test('precision, recall and F1 of classes are what their definitions say', () => {
  const confusion = [
    [3, 1, 0, 0],
    [2, 4, 0, 0],
    [0, 0, 0, 0],
    [1, 0, 0, 0],
  ].map((row) => new Map([...row.entries()].filter(([, count]) => count > 0)));
  const scores = classScores({ classes: ['a', 'b', 'empty', 'missed'], confusion } satisfies Partial<Assessment>);
  assert.deepEqual(scores, [
    { name: 'a', images: 4, precision: 3 / 6, recall: 3 / 4, f1: 3 / 5 },
    { name: 'b', images: 6, precision: 4 / 5, recall: 4 / 6, f1: 4 / 5.5 },
    { name: 'empty', images: 0, precision: undefined, recall: undefined, f1: undefined },
    { name: 'missed', images: 1, precision: undefined, recall: 0, f1: 0 },
  ]);
});

test('the confusion matrix of ten thousand classes has a line for each pair that there is', async () => {
  const classes = Array.from({ length: 10_000 }, (_, at) => `species ${at}`);
  const confusion = classes.map((_, at) => new Map([[at, 3], ...(at === 7 ? [[9, 2] as const] : [])]));
  const made = { classes, imageSize: 8, images: 30_002, accuracy: 0.99, confusion, samples: [], mistakes: [] };
  const files = await assessmentFiles(made, 'test images');
  const lines = files.get('confusion_matrix.csv')?.split('\n') ?? [];
  assert.deepEqual(lines.slice(0, 2), ['class,taken for,images', 'species 0,species 0,3']);
  assert.equal(lines.length, 1 + 10_001 + 1);
  assert.ok(lines.includes('species 7,species 9,2'));
  assert.match(files.get('confusion_matrix.svg') ?? '', /species 9</);
});
