import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readSafetensors } from '../src/checkpoint/safetensors.js';
import { preset } from '../src/family/families.js';
import { formatArchitecture } from '../src/family/codec.js';
import type { Tensor } from '../src/tensor/tensor.js';
import { glit, makePhotos, writeText } from './support/commandLine.js';
import { assertSameResult } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-fine-tune-'));
const quick = ['--steps', '2', '--batch-size', '4', '--workers', '0', '--quiet'];

async function tensorsOf(...path: readonly string[]) {
  return (await readSafetensors(join(folder, ...path))).tensors;
}

before(async () => {
  await makePhotos(join(folder, 'three'));
  await makePhotos(join(folder, 'two'));
  rmSync(join(folder, 'two', 'blue'), { recursive: true });
  const tiny = preset('deit-tiny', { imageSize: 8, patchSize: 4 });
  const small = { ...tiny, backbone: { ...tiny.backbone, dim: 12 }, blocks: tiny.blocks.slice(0, 2) };
  writeText(folder, 'small.json', formatArchitecture(small));
  const { code, stderr } = await glit(folder, 'train', 'small.json', '--data', 'three', ...quick, '--out', 'first');
  assert.equal(code, 0, stderr);
});
after(() => {
  rmSync(folder, { recursive: true });
});

test('a training that starts from weights keeps them but for the head, on other classes and larger images', async () => {
  const { code, stderr, stdout } = await glit(
    folder,
    'train',
    '--weights',
    'first',
    '--data',
    'two',
    '--image-size',
    '16',
    '--learning-rate',
    '1e-5',
    ...quick,
    '--out',
    'second',
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /measured from the file/);
  const [before, after] = await Promise.all(['first', 'second'].map((run) => tensorsOf(run, 'weights.safetensors')));
  const distance = (name: string): number => {
    const [one, other] = [before, after].map((tensors) => tensors.get(name) as Tensor<'float32'>);
    assert.deepEqual(other.shape, one.shape, name);
    return Math.max(...one.data.map((value, at) => Math.abs(value - other.data[at])));
  };
  for (const name of ['patch_embed.proj.weight', 'blocks.1.mlp.fc1.weight', 'norm.bias', 'cls_token']) {
    assert.ok(distance(name) < 1e-4, `${name} has moved by ${distance(name)}`);
  }
  assert.deepEqual(after.get('head.weight')?.shape, [2, 12]);
  assert.deepEqual(after.get('pos_embed')?.shape, [1, 17, 12]);
});

test('weights of another architecture are refused before there is a run folder', async () => {
  const { code, stderr } = await glit(
    folder,
    'train',
    'deit-tiny',
    '--weights',
    'first',
    '--image-size',
    '8',
    '--patch-size',
    '4',
    '--data',
    'three',
    ...quick,
    '--out',
    'third',
  );
  assert.equal(code, 2);
  assert.match(stderr, /\nglit: first.weights\.safetensors lacks blocks\.2\.norm1\.weight.*\n$/);
  assert.ok(!existsSync(join(folder, 'third')));
});

test('a run resumes from its start weights, without the original file', async () => {
  const kept = ['config.yaml', 'architecture.json', join('weights', 'start.safetensors')];
  for (const file of kept) cpSync(join(folder, 'second', file), join(folder, 'again', file));
  renameSync(join(folder, 'first'), join(folder, 'moved'));
  const { code, stderr } = await glit(folder, 'train', '--resume', 'again', '--quiet');
  assert.equal(code, 0, stderr);
  assertSameResult(join(folder, 'second'), join(folder, 'again'), ['best.onnx', 'weights.safetensors']);
  // A run that ends between the two must not train from other weights: only with an architecture it can be resumed.
  const [, architecture, start] = kept.map((file) => statSync(join(folder, 'second', file), { bigint: true }).mtimeNs);
  assert.ok(start <= architecture);
});
