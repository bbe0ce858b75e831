import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { preset } from '../src/family/families.js';
import { formatArchitecture } from '../src/family/codec.js';
import { describeRecipe } from '../src/cli/recipeWording.js';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, makePhotos, writeText } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-recipe-'));

before(async () => {
  await makePhotos(join(folder, 'photos'));
  const tiny = preset('glit-tiny', { imageSize: 16, patchSize: 4 });
  writeText(
    folder,
    'small.json',
    formatArchitecture({ ...tiny, backbone: { ...tiny.backbone, dim: 12 }, blocks: tiny.blocks.slice(0, 3) }),
  );
});
after(() => {
  rmSync(folder, { recursive: true });
});

test("DeiT's whole recipe runs from the command line, and its log shows every part", async () => {
  const { code, stderr } = await glit(
    folder,
    'train',
    'small.json',
    '--no-tensorboard',
    '--data',
    'photos',
    '--recipe',
    'deit',
    '--steps',
    '8',
    '--batch-size',
    '4',
    '--accumulate',
    '2',
    '--learning-rate',
    '1e-3',
    '--workers',
    '0',
    '--quiet',
    '--out',
    'run',
  );
  assert.equal(code, 0, stderr);
  const entries = await readJournal(join(folder, 'run', 'journal.jsonl'));

  const started = entries.find((entry) => entry.type === 'stageStarted' && entry.stage.kind === 'train');
  assert.ok(started?.type === 'stageStarted' && started.recipe !== undefined);
  const words = describeRecipe(started.recipe);
  // A requested rate is used as is, although the recipe scales its own to the images per step.
  assert.match(words, /^batches of 4, 2 per step, AdamW at 0\.001, /);
  for (const part of [
    'drop path',
    'moving average',
    '3 times per epoch',
    'RandAugment',
    'erasing',
    'mixup',
    'CutMix',
  ]) {
    assert.match(words, new RegExp(part));
  }

  const steps = entries.filter((entry) => entry.type === 'trainStep');
  assert.deepEqual(
    steps.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(Math.max(...steps.map(({ learningRate }) => learningRate)), 1e-3);

  const finished = entries.find((entry) => entry.type === 'stageFinished' && entry.stage.kind === 'train');
  assert.ok(finished?.type === 'stageFinished');
  assert.ok('mixupShare' in finished.result);
  const { mixupShare = 0, cutmixShare = 0 } = finished.result;
  assert.ok(mixupShare > 0 && cutmixShare > 0 && mixupShare + cutmixShare <= 1);
  const evaluated = entries.flatMap((entry) => (entry.type === 'evaluation' ? [entry.weights] : []));
  assert.deepEqual(evaluated, ['last', 'average']);
  assert.ok(existsSync(join(folder, 'run', 'batches', 'train.png')));
  assert.ok(existsSync(join(folder, 'run', 'trainings', 'train.csv')));
  assert.ok(!existsSync(join(folder, 'run', 'tensorboard')));
});

test('a training that diverges goes back three times, or as often as it is told, and then ends in one line', async () => {
  const args = ['train', 'small.json', '--no-tensorboard', '--data', 'photos', '--recipe', 'demo', '--steps', '20'];
  const diverging = ['--learning-rate', '1e30', '--workers', '0', '--quiet', '--set', 'retrain.recipe.warmup=0'];
  const unclipped = ['--set', 'retrain.recipe.clipNorm=0'];
  const back = (stderr: string): readonly string[] =>
    Array.from(stderr.matchAll(/going on from step 0 with ([\d.]+) × the learning rate/g), ([, factor]) => factor);

  const three = await glit(folder, ...args, ...diverging, ...unclipped, '--out', 'three');
  assert.equal(three.code, 2, three.stderr);
  assert.deepEqual(back(three.stderr), ['0.5', '0.25', '0.125']);
  assert.match(three.stderr, /glit: .*, also after going back 3 times; lower the learning rate.*\n$/);

  const none = await glit(
    folder,
    ...args,
    ...diverging,
    ...unclipped,
    '--set',
    'retrain.recipe.rollbacks=0',
    '--out',
    'none',
  );
  assert.equal(none.code, 2, none.stderr);
  assert.deepEqual(back(none.stderr), []);
});
