import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readPytorchStateDict } from '../../src/checkpoint/pytorch/stateDict.js';
import { readSafetensors, writeSafetensors, type Safetensors } from '../../src/checkpoint/safetensors.js';
import { deit } from '../../src/family/glit/architecture.js';
import { preset } from '../../src/family/families.js';
import { glitArchitecture, type GlitArchitecture } from '../../src/family/glit/architecture.js';
import { formatArchitecture } from '../../src/family/codec.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from '../golden.js';
import { glit, writeText } from '../support/commandLine.js';
import { values } from './comparison.js';
import { GoldenTensors } from './data.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-conversion-'));
const expected = await GoldenTensors.read('checkpoints/ckpt_expected.safetensors');
const CHECKPOINT = goldenPath('checkpoints/ckpt_zip.pth');
const ARCHITECTURE = formatArchitecture(
  glitArchitecture({
    name: 'reference',
    backbone: { imageSize: 32, patchSize: 8, dim: 12, heads: 3, classes: 10 },
    blocks: (preset('glit-tiny') as GlitArchitecture).blocks,
  }),
);
before(() => {
  writeText(folder, 'arch.json', ARCHITECTURE);
  writeText(folder, 'exists.pth', 'x');
  writeText(folder, 'names.txt', Array.from({ length: 10 }, (_, index) => `class ${index}`).join('\n'));
});
after(() => rmSync(folder, { recursive: true }));

async function convert(source: string, out: string, ...options: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await glit(folder, 'convert', source, out, ...options);
  assert.equal(code, 0, stderr);
  return stdout + stderr;
}

const written = (file: string): Promise<Safetensors> => readSafetensors(join(folder, file));

function assertSame(actual: ReadonlyMap<string, Tensor>, wanted: ReadonlyMap<string, Tensor>): void {
  assert.deepEqual([...actual.keys()].sort(), [...wanted.keys()].sort());
  for (const [name, tensor] of wanted) {
    assert.deepEqual(actual.get(name)?.shape, tensor.shape, name);
    assert.deepEqual(values(actual.get(name) as Tensor), values(tensor), name);
  }
}

describe('glit convert', () => {
  test('takes the weights of a checkpoint to safetensors, glit’s names, back, and to a checkpoint again', async () => {
    const official = expected.under('model_ema/');
    const options = ['--ema', '--arch', 'arch.json', '--classes', 'names.txt'];
    assert.equal(await convert(CHECKPOINT, 'a.safetensors', ...options), 'a.safetensors: 213 tensors of "model_ema", reference\n');
    const { tensors, metadata } = await written('a.safetensors');
    assertSame(tensors, official);
    assert.equal(metadata['architecture'], ARCHITECTURE);
    assert.equal((JSON.parse(metadata['classes']) as string[])[9], 'class 9');

    await convert('a.safetensors', 'own.safetensors', '--names', 'glit');
    const own = await written('own.safetensors');
    assert.ok(own.tensors.has('blocks.3.attn.qkv.weight') && !own.tensors.has('blocks.3.0.attn.qkv.weight'));
    assert.deepEqual(own.metadata, metadata);

    await convert('own.safetensors', 'b.safetensors');
    assert.deepEqual(readFileSync(join(folder, 'b.safetensors')), readFileSync(join(folder, 'a.safetensors')));
    await convert('own.safetensors', join('new', 'folder', 'b.pth'));
    const again = await readPytorchStateDict(join(folder, 'new', 'folder', 'b.pth'));
    assert.equal(again.key, 'model');
    assertSame(again.tensors, official);
    assert.deepEqual([...again.tensors.keys()], [...(await readPytorchStateDict(CHECKPOINT)).tensors.keys()]);
  });

  test('takes every tensor of a checkpoint under its place in it', async () => {
    await convert(goldenPath('checkpoints/ckpt_legacy.pth'), 'all.safetensors', '--all');
    const { tensors } = await written('all.safetensors');
    const named = [...expected.under('')].flatMap(([name, tensor]): [string, Tensor][] => {
      if (name.startsWith('model')) return [[name, tensor]];
      return name.startsWith('optimizer/') ? [[name.replace('optimizer/', 'optimizer/state/'), tensor]] : [];
    });
    assertSame(tensors, new Map(named));
  });

  test('takes the weights of a network that it does not recognize as they are, and says so', async () => {
    assert.match(await convert(CHECKPOINT, 'as-is.safetensors'), /warning: .*number of heads.*--arch.*keep their names/);
    const { tensors, metadata } = await written('as-is.safetensors');
    assertSame(tensors, expected.under('model/'));
    assert.deepEqual({ ...metadata }, { format: 'pt' });
  });

  test('recognizes a DeiT and gives it DeiT’s names', async () => {
    const golden = (await GoldenTensors.read('deit/deit_small_cfg.safetensors')).under('state/');
    const small = deit({ imageSize: 32, patchSize: 4, dim: 48, depth: 3, heads: 3, classes: 10 });
    writeText(folder, 'deit.json', formatArchitecture(small));
    await writeSafetensors(join(folder, 'deit.safetensors'), golden);
    await convert('deit.safetensors', 'deit.pth', '--arch', 'deit.json');
    assertSame((await readPytorchStateDict(join(folder, 'deit.pth'))).tensors, golden);
  });
});

describe('a mistake in converting', () => {
  const mistakes: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
    ['an unknown format', ['arch.json', 'x.onnx'], /x\.onnx has an unknown format/],
    ['an existing file', [CHECKPOINT, 'exists.pth'], /exists\.pth exists already/],
    ['no weights', ['arch.json', 'x.pth'], /arch\.json has no weights\.safetensors/],
    ['names for what is not recognized', [CHECKPOINT, 'x.pth', '--names', 'glit'], /number of heads.*--arch/],
    ['another architecture', [CHECKPOINT, 'x.pth', '--arch', 'deit-small'], /use the architecture that the weights/],
    ['all with a choice', [CHECKPOINT, 'x.safetensors', '--all', '--ema'], /--all takes every tensor unchanged/],
    ['all to a checkpoint', [CHECKPOINT, 'x.pth', '--all'], /only converts a \.pth file to a \.safetensors file/],
    ['a hostile file', [goldenPath('checkpoints/bad_reduce_legacy.pth'), 'x.safetensors'], /would call "posix\.system"/],
  ];
  for (const [what, args, line] of mistakes) {
    test(`${what}: one line, exit code 2, nothing written`, async () => {
      const files = readdirSync(folder).sort();
      const { code, stderr } = await glit(folder, 'convert', ...args);
      assert.match(stderr, line);
      assert.match(stderr, /^glit: .*\n$/);
      assert.equal(code, 2);
      assert.deepEqual(readdirSync(folder).sort(), files);
    });
  }
});
