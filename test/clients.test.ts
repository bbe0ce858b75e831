import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { writeSafetensors } from '../src/checkpoint/safetensors.js';
import { formatArchitecture } from '../src/family/codec.js';
import { predict } from '../src/modelfile/useModel.js';
import { seeded } from '../src/random/rng.js';
import { glit } from './support/commandLine.js';
import { chromiumPath, withoutChromium } from './support/chromium.js';
import { drawnWeights } from './support/drawnWeights.js';
import { python, withoutPython } from './support/python.js';
import { TINY_ARCHITECTURE, tinyNetwork } from './support/tinyNetworks.js';
import { packageRoot } from './packageRoot.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-clients-'));
const examples = join(packageRoot, 'examples');
const transformers = dirname(createRequire(import.meta.url).resolve('@huggingface/transformers'));
const onnxRuntime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const SIZE = TINY_ARCHITECTURE.backbone.imageSize;
const CLASSES = Array.from({ length: 10 }, (_, at) => `class "${at}"`);
/** What clients print: a class and a percentage with two decimals. */
const PRINTED = /^(.*): (class "\d"), ([\d.]+) %$/;

/** Pictures of coloured waves, of this size, as a class each. */
async function makeWaves(name: string, count: number, width: number, height: number): Promise<readonly string[]> {
  const rng = seeded(name);
  for (let at = 0; at < count; at++) {
    // Long enough that every way of resizing gives nearly the same.
    const turn = () => (8 * rng.uniform()) / width;
    const waves = Array.from({ length: 3 }, () => [turn(), turn(), 6 * rng.uniform()]);
    const pixels = new Uint8Array(3 * width * height).map((_, place) => {
      const [across, down, phase] = waves[place % 3];
      const pixel = Math.floor(place / 3);
      return 127.5 * (1 + Math.sin(across * (pixel % width) + down * Math.floor(pixel / width) + phase));
    });
    mkdirSync(join(folder, name, 'test', CLASSES[at % 10]), { recursive: true });
    mkdirSync(join(folder, name, 'train', CLASSES[at % 10]), { recursive: true });
    const image = sharp(pixels, { raw: { width, height, channels: 3 } });
    for (const split of ['train', 'test']) await image.toFile(join(folder, name, split, CLASSES[at % 10], `${at}.png`));
  }
  return CLASSES.flatMap((each) => {
    const test = join(folder, name, 'test', each);
    return readdirSync(test).map((file) => join(test, file));
  });
}

let small: readonly string[];
let large: readonly string[];
const expected = new Map<string, readonly [label: string, percent: number]>();

before(async () => {
  small = await makeWaves('small', 60, SIZE, SIZE);
  large = await makeWaves('large', 20, 100, 80);
  await writeSafetensors(join(folder, 'weights.safetensors'), drawnWeights(tinyNetwork()), {
    architecture: formatArchitecture(TINY_ARCHITECTURE),
    classes: JSON.stringify(CLASSES),
  });
  for (const args of [
    ['--out', 'model', '--data', 'small', '--with-grad-cam'],
    ['--out', 'framing', '--data', 'large'],
    ['--out', 'pixels.onnx', '--with-preprocessing'],
  ]) {
    const { code, stderr } = await glit(folder, 'export', '--weights', 'weights.safetensors', ...args);
    assert.equal(code, 0, stderr);
  }
  for await (const each of predict(join(folder, 'weights.safetensors'), [...small, ...large], { top: 1 })) {
    if ('classes' in each) expected.set(each.image, [each.classes[0].name, 100 * each.classes[0].probability]);
  }
  assert.ok(new Set([...expected.values()].map(([label]) => label)).size > 4, 'the predictions differ');
});
after(() => rmSync(folder, { recursive: true }));

/** Checks what a client printed, a line for an image; returns the share of images with the expected class. */
function agreement(lines: string, images: readonly string[], within: number): number {
  const printed = lines.trim().split('\n');
  assert.equal(printed.length, images.length, lines);
  const same = printed.filter((line) => {
    const [, image, label, percent] = PRINTED.exec(line) ?? [];
    const [wanted, sure] = expected.get(image) ?? [];
    return label === wanted && Math.abs(Number(percent) - Number(sure)) <= within;
  });
  return same.length / images.length;
}

describe('the model folder of a run', () => {
  test('gives in Node the classes and probabilities that glit gives', () => {
    const command = [join(examples, 'node/classify.mjs'), join(folder, 'model'), ...small];
    assert.equal(agreement(execFileSync(process.execPath, command, { encoding: 'utf8' }), small, 0.01), 1);
  });

  test('gives nearly the same for images that the client must resize, which it does in its own way', () => {
    const command = [join(examples, 'node/classify.mjs'), join(folder, 'framing'), ...large];
    const share = agreement(execFileSync(process.execPath, command, { encoding: 'utf8' }), large, 10);
    assert.ok(share >= 0.8, `${share}`);
    // Without the right frame, the client would see something else.
    const stretched = [join(examples, 'node/classify.mjs'), join(folder, 'model'), ...large];
    assert.ok(agreement(execFileSync(process.execPath, stretched, { encoding: 'utf8' }), large, 10) < share);
  });

  test(
    'works in a page, with heat maps and without a network',
    { skip: withoutChromium, timeout: 120_000 },
    async () => {
      const server = createServer((request, response) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        try {
          const [root, name] = pathname.startsWith('/model/')
            ? [folder, pathname]
            : [join(examples, 'browser'), pathname === '/' ? 'index.html' : pathname];
          const content = readFileSync(join(root, name));
          const kinds: Readonly<Record<string, string>> = {
            '.html': 'text/html',
            '.js': 'text/javascript',
            '.css': 'text/css',
          };
          response.setHeader('content-type', kinds[extname(name)] ?? 'application/octet-stream').end(content);
        } catch {
          response.writeHead(404).end();
        }
      });
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
      try {
        const page = await browser.newPage();
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(error.message));
        // What the page loads from a content delivery network comes from the installed packages of the same versions.
        await page.route('https://cdn.jsdelivr.net/**', async (route) => {
          const { pathname } = new URL(route.request().url());
          const version = /@huggingface\/transformers@([\d.]+)$/.exec(pathname)?.[1];
          if (version === undefined) await route.fulfill({ path: join(onnxRuntime, basename(pathname)) });
          else {
            const { version: installed } = JSON.parse(readFileSync(join(transformers, '../package.json'), 'utf8')) as {
              readonly version: string;
            };
            assert.equal(version, installed);
            await route.fulfill({ path: join(transformers, 'transformers.min.js') });
          }
        });
        await page.goto(`http://127.0.0.1:${port}/`);
        await page.getByText('Ready.').waitFor({ timeout: 60_000 });
        for (const image of small.slice(0, 10)) {
          await page.locator('#file').setInputFiles(image);
          await page.getByText(basename(image), { exact: true }).waitFor();
          const [label, share] = await page.locator('#classes li').first().locator('span, output').allTextContents();
          const [wanted, sure] = expected.get(image) ?? [];
          assert.equal(label, wanted);
          assert.ok(Math.abs(Number.parseFloat(share) - Number(sure)) <= 0.06, `${share} ${sure}`);
        }
        // The heat map darkens the picture, except where the model looked.
        const seen = await page.evaluate<number>(
          `(() => {
            const { data } = document.querySelector('canvas').getContext('2d').getImageData(0, 0, 320, 320);
            return data.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / (3 * 320 * 320);
          })()`,
        );
        const { channels } = await sharp(small[9]).stats();
        const whole = channels.reduce((sum, { mean }) => sum + mean, 0) / channels.length;
        assert.ok(seen > 0.2 * whole && seen < 0.9 * whole, `${seen} of ${whole}`);
        assert.ok(await page.locator('figure').isVisible());
        assert.deepEqual(faults, []);
      } finally {
        await browser.close();
        server.close();
      }
    },
  );
});

test('forms that do not go together are refused, and nothing is written', async () => {
  for (const [args, line] of [
    [['--out', 'none', '--with-preprocessing'], /none is to be a folder, whose clients prepare images themselves/],
    [['--out', 'none.onnx', '--with-grad-cam'], /--with-grad-cam is for a model folder/],
    [['--out', 'none.onnx', '--precision', 'int4'], /'int4' is invalid/],
    [['--out', 'none.onnx', '--inherited', '--data', 'small'], /--inherited is for the folder of a run/],
  ] as const) {
    const { code, stderr } = await glit(folder, 'export', '--weights', 'weights.safetensors', ...args);
    assert.equal(code, 2);
    assert.match(stderr, line);
    assert.equal(stderr.trim().split('\n').length, 1);
  }
  assert.ok(!existsSync(join(folder, 'none')) && !existsSync(join(folder, 'none.onnx')));
});

test('an export says what its form costs on the images', async () => {
  const args = ['export', '--weights', 'weights.safetensors', '--precision', 'int8', '--data', 'small'];
  const { code, stdout } = await glit(folder, ...args, '--out', 'small.onnx');
  assert.equal(code, 0);
  const [, written, float32] =
    /([\d.]+) % of 60 test images, measured from the model \(([\d.]+) % in float32/.exec(stdout) ?? [];
  const right = small.filter((image) => expected.get(image)?.[0] === basename(dirname(image))).length;
  assert.equal(Number(float32), Number(((100 * right) / 60).toFixed(2)));
  const { stdout: again } = await glit(folder, 'eval', '--model', 'small.onnx', '--data', 'small');
  assert.match(again, new RegExp(`^${written.replace('.', '\\.')} % of 60`, 'm'));
});

const noPython = withoutPython('onnxruntime', 'numpy', 'PIL');
test('a model with preprocessing gives the same in Python', { skip: noPython }, () => {
  const images = [...small, ...large];
  const command = [join(examples, 'python/classify.py'), join(folder, 'pixels.onnx'), ...images];
  const lines = execFileSync(python, command, { encoding: 'utf8' });
  assert.equal(agreement(lines, images, 0.01), 1);
});
