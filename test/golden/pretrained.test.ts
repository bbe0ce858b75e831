import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { preset } from '../../src/family/families.js';
import { glitArchitecture, type GlitArchitecture } from '../../src/family/glit/architecture.js';
import { formatArchitecture } from '../../src/family/codec.js';
import { goldenPath } from '../golden.js';
import { glit, makePhotos, writeText } from '../support/commandLine.js';
import { Comparison } from './comparison.js';
import { GoldenTensors } from './data.js';

/** The network of the reference checkpoints: the released blocks in a smaller backbone. */
const backbone = { imageSize: 32, patchSize: 8, dim: 12, heads: 3, classes: 10 };
/** The tolerance for logits from the reference's README. */
const TOLERANCE = 2e-5;

const folder = mkdtempSync(join(tmpdir(), 'glit-pretrained-'));
const expected = await GoldenTensors.read('checkpoints/ckpt_expected.safetensors');
before(async () => {
  writeText(folder, 'arch.json', formatArchitecture(glitArchitecture({ backbone, blocks: (preset('glit-tiny') as GlitArchitecture).blocks })));
  for (const file of ['ckpt_zip.pth', 'ckpt_legacy.pth', 'bad_reduce_zip.pth']) {
    copyFileSync(goldenPath(`checkpoints/${file}`), join(folder, file));
  }
  await writeSafetensors(join(folder, 'images.safetensors'), [['images', expected.get('images')]]);
  await writeSafetensors(join(folder, 'official.safetensors'), expected.under('model/'));
});
after(() => rmSync(folder, { recursive: true }));

/** Runs a command that must succeed and returns its output. */
async function succeed(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await glit(folder, ...args);
  assert.equal(code, 0, stderr);
  return { stdout, stderr };
}

async function logitsOf(model: readonly string[], out: string): Promise<Comparison> {
  await succeed('predict', '--model', ...model, '--tensor', 'images.safetensors', '--out', out);
  const { tensors } = await readSafetensors(join(folder, out));
  assert.deepEqual([...tensors.keys()], ['logits']);
  const comparison = new Comparison();
  const name = model.includes('--ema') || out.includes('ema') ? 'logits_model_ema' : 'logits_model';
  const logits = tensors.get('logits');
  assert.ok(logits !== undefined);
  comparison.absolute('logits', out, logits, expected.get(name), TOLERANCE);
  return comparison;
}

describe('an official GLiT checkpoint', () => {
  for (const file of ['ckpt_zip.pth', 'ckpt_legacy.pth']) {
    test(`${file} gives the official logits, weights and average`, async (t) => {
      for (const ema of [[], ['--ema']]) {
        const comparison = await logitsOf([file, '--arch', 'arch.json', ...ema], `${file}${ema.join('')}.safetensors`);
        t.diagnostic(comparison.report());
      }
    });
  }

  test('its weights as safetensors under the official names give them, too', async (t) => {
    t.diagnostic((await logitsOf(['official.safetensors', '--arch', 'arch.json'], 'official-out.safetensors')).report());
  });

  test('is exported, and the exported model gives them without knowing the architecture', async (t) => {
    const names = Array.from({ length: 10 }, (_, index) => `class ${index}`);
    writeText(folder, 'names.txt', `${names.join('\r\n')}\r\n`);
    const weights = ['--weights', 'ckpt_zip.pth', '--ema', '--arch', 'arch.json'];
    const { stderr } = await succeed('export', ...weights, '--classes', 'names.txt', '--out', 'ema.onnx');
    assert.equal(stderr, '');
    t.diagnostic((await logitsOf(['ema.onnx'], 'exported-ema.safetensors')).report());
    assert.match((await succeed('export', ...weights, '--out', 'numbers.onnx')).stderr, /^glit: warning: .*numbers\n$/);
  });

  test('classifies images and is evaluated, classes in sorted order with a warning', async () => {
    await makePhotos(join(folder, 'three'), 2);
    for (let index = 0; index < 10; index++) {
      mkdirSync(join(folder, 'ten', `digit${index}`), { recursive: true });
      for (const [at, name] of ['blue', 'green', 'red'].entries()) {
        copyFileSync(join(folder, 'three', name, `0${index % 2}.png`), join(folder, 'ten', `digit${index}`, `${at}.png`));
      }
    }
    const model = ['--model', 'ckpt_zip.pth', '--arch', 'arch.json'];
    const predicted = await succeed('predict', ...model, join('three', 'red', '00.png'), '--json');
    assert.match(predicted.stderr, /ckpt_zip\.pth does not name its classes/);
    assert.match(predicted.stdout, /"classes":\[\{"name":"\d"/);

    const evaluated = await succeed('eval', ...model, '--data', 'ten', '--split', 'train', '--json', '--quiet');
    assert.match(evaluated.stderr, /sorted order \(digit0 is 0, digit1 is 1, .*digit9 is 9\)/);
    const { images, accuracy } = JSON.parse(evaluated.stdout) as { images: number; accuracy: number };
    assert.ok(images > 0 && accuracy >= 0 && accuracy <= 1);

    const other = await glit(folder, 'eval', ...model, '--data', 'three', '--quiet');
    assert.match(other.stderr, /three has 3 classes, but ckpt_zip\.pth has 10 outputs without names; .*--classes/);
    assert.equal(other.code, 2);
    const names = ['red', 'blue', 'green', ...Array.from({ length: 7 }, (_, index) => `other ${index}`)];
    writeText(folder, 'named.json', JSON.stringify(names));
    await succeed('eval', ...model, '--data', 'three', '--split', 'train', '--classes', 'named.json', '--quiet');
  });
});

describe('a mistake with weights', () => {
  const mistakes: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
    ['a width that shows no heads', ['--model', 'ckpt_zip.pth'], /ckpt_zip\.pth does not show the number of heads.*--arch/],
    ['a file that would call a program', ['--model', 'bad_reduce_zip.pth'], /would call "posix\.system"/],
    ['another architecture', ['--model', 'ckpt_zip.pth', '--arch', 'deit-tiny'], /use the architecture that the weights/],
    ['no such average', ['--model', 'official.safetensors', '--ema'], /has no moving average/],
    ['no such file', ['--model', 'none.pth'], /none\.pth cannot be read: there is no such file/],
    ['an architecture for a model that has one', ['--model', 'ema.onnx', '--arch', 'arch.json'], /remove --arch/],
    ['too few names', ['--model', 'ema.onnx', '--classes', 'few.txt'], /few\.txt names 2 classes, but ema\.onnx has 10 outputs/],
    ['a name given twice', ['--model', 'ema.onnx', '--classes', 'twice.txt'], /names the class "a" twice/],
    ['an existing file', ['--model', 'ema.onnx', '--out', 'arch.json'], /arch\.json exists already/],
    ['no tensor', ['--model', 'ema.onnx', '--tensor', 'official.safetensors'], /has no tensor "images"; it has/],
    [
      'images of another size',
      ['--model', 'ema.onnx', '--tensor', 'small.safetensors'],
      /"images" in small\.safetensors is float32\[1, 3, 8, 8\], but ema\.onnx takes normalised float32 \[B, 3, 32, 32\]/,
    ],
  ];
  before(async () => {
    writeText(folder, 'few.txt', 'a\nb\n');
    writeText(folder, 'twice.txt', 'a\na\n');
    const { shape, data } = expected.get('images');
    assert.equal(shape[1], 3);
    const images = { dtype: 'float32', shape: [1, 3, 8, 8], data: (data as Float32Array).slice(0, 192) } as const;
    await writeSafetensors(join(folder, 'small.safetensors'), [['images', images]]);
  });
  for (const [what, args, line] of mistakes) {
    test(`${what}: one line, exit code 2, nothing written`, async () => {
      const files = readdirSync(folder).sort();
      const given = args.includes('--tensor') ? args : [...args, '--tensor', 'images.safetensors'];
      const out = args.includes('--out') ? [] : ['--out', 'never.safetensors'];
      const { code, stderr } = await glit(folder, 'predict', ...given, ...out);
      assert.match(stderr, line);
      assert.match(stderr, /^glit: .*\n$/);
      assert.equal(code, 2);
      assert.deepEqual(readdirSync(folder).sort(), files);
    });
  }
});
