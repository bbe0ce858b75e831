import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { writeFileAtomically } from '../src/checkpoint/atomicFile.js';
import { encodePytorch } from '../src/checkpoint/pytorch/write.js';
import { readSafetensors, writeSafetensors } from '../src/checkpoint/safetensors.js';
import { compareModels } from '../src/explain/compare.js';
import { formatArchitecture } from '../src/family/codec.js';
import { deit, glitArchitecture } from '../src/family/glit/architecture.js';
import { GLIT_PRESETS } from '../src/family/glit/presets.js';
import { plainNetwork } from '../src/model/network.js';
import { exportedModel } from '../src/modelfile/exportModel.js';
import type { Listener } from '../src/telemetry/events.js';
import { goldenPath } from './golden.js';
import { glit, makePhotos, writeText } from './support/commandLine.js';
import { drawnWeights } from './support/drawnWeights.js';
import { TINY_ARCHITECTURE, TINY_BACKBONE, tinyNetwork } from './support/tinyNetworks.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-explain-'));
const IMAGE = join('photos', 'red', '00.png');
/** A run and a DeiT of one block for smaller images, which shares one class with it. */
const BESIDE = ['--run', 'run', '--model', 'named.safetensors'];
/** One of them tries to leave the folder, one to be HTML. */
const CLASSES = ['../up', '<b>bold</b>', ...Array.from({ length: 8 }, (_, at) => `class ${at}`)];

/** What the golden checkpoints are of. */
const REFERENCE = glitArchitecture({
  name: 'reference',
  backbone: TINY_BACKBONE,
  blocks: GLIT_PRESETS.find(({ name }) => name === 'glit-tiny')?.build({}).blocks ?? [],
});

interface Line {
  readonly type: string;
  readonly model: string;
  readonly image: string;
  readonly block: { readonly number: number };
  readonly classes: readonly {
    readonly name: string;
    readonly probability: number;
    readonly overlay: string;
    readonly maps: readonly { readonly part: string; readonly file: string; readonly peak: number }[];
  }[];
}

/** The output of a call with --json about images. */
function explanationsIn(stdout: string): readonly Line[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line).filter(({ type }) => type === 'explanation');
}

/** The files in a folder of results and their contents. */
function contents(out: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(join(folder, out), { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, out, name))]));
}

before(async () => {
  await makePhotos(join(folder, 'photos'), 2);
  const weights = drawnWeights(tinyNetwork());
  mkdirSync(join(folder, 'run'));
  const { bytes: exported } = exportedModel(weights, { classes: CLASSES, architecture: TINY_ARCHITECTURE });
  await writeFileAtomically(join(folder, 'run', 'best.onnx'), exported);
  await writeSafetensors(join(folder, 'run', 'weights.safetensors'), weights, {
    architecture: formatArchitecture(TINY_ARCHITECTURE),
    classes: JSON.stringify(CLASSES),
  });
  const small = deit({ imageSize: 16, patchSize: 4, dim: 12, depth: 1, heads: 3, classes: 3 });
  const named = {
    architecture: formatArchitecture(small),
    classes: JSON.stringify(['cat', '<b>bold</b>', 'dog']),
  };
  const own = drawnWeights(plainNetwork(small));
  await writeSafetensors(join(folder, 'named.safetensors'), own, named);
  own.get('head.bias')?.data.fill(NaN);
  await writeSafetensors(join(folder, 'damaged.safetensors'), own, named);
});
after(() => rmSync(folder, { recursive: true }));

describe('explain', () => {
  test('writes overlays and maps of the halves of the last mixed block, the same from every file of a run', async () => {
    const args = ['0', 'class 0', '3', 'class 2', 'class 3', '6'].flatMap((name) => ['--class', name]);
    args.push('--json', '--quiet');
    const { code, stdout, stderr } = await glit(folder, 'explain', '--run', 'run', IMAGE, ...args, '--out', 'one');
    assert.equal(code, 0, stderr);
    const [{ image, block, classes }] = explanationsIn(stdout);
    assert.deepEqual([image, block.number], [IMAGE, 2]);
    assert.deepEqual(
      classes.map(({ name }) => name),
      ['../up', ...CLASSES.slice(2, 7)],
    );
    for (const { overlay, maps } of classes) {
      assert.deepEqual(
        maps.map(({ part }) => part),
        ['whole', 'global', 'local'],
      );
      // The image and three maps of 7 × 32 pixels, with gaps of 4.
      const { width, height, channels } = await sharp(join(folder, overlay)).metadata();
      assert.deepEqual([width, height, channels], [4 * 224 + 3 * 4, 224, 3]);
      for (const { file, peak } of maps) {
        const grey = sharp(join(folder, file));
        const size = await grey.metadata();
        assert.deepEqual([size.width, size.height, size.channels], [32, 32, 1]);
        const data = await grey.toColourspace('b-w').raw().toBuffer();
        if (peak > 0) assert.deepEqual([Math.min(...data), Math.max(...data)], [0, 255], file);
      }
    }
    assert.ok(
      classes.some(({ maps }) => maps.every(({ peak }) => peak > 0)),
      'a class has all maps',
    );

    const model = join('run', 'weights.safetensors');
    const same = await glit(folder, 'explain', '--model', model, IMAGE, ...args, '--out', 'two');
    assert.equal(same.code, 0, same.stderr);
    assert.deepEqual(contents('two'), contents('one'));
    assert.equal(contents('one').size, 6 * 4);
  });

  test('takes folders, skips what cannot be read, and puts everything on a page', async () => {
    mkdirSync(join(folder, 'mixed', 'deep'), { recursive: true });
    for (const name of ['a.png', 'a.jpg', join('deep', 'a.png')]) {
      copyFileSync(join(folder, IMAGE), join(folder, 'mixed', name));
    }
    writeText(join(folder, 'mixed'), 'broken.jpg', 'no image');
    writeText(join(folder, 'mixed'), 'notes.txt', 'no image');
    symlinkSync(join(folder, 'mixed'), join(folder, 'mixed', 'deep', 'again'));
    const { code, stdout, stderr } = await glit(
      folder,
      'explain',
      '--model',
      join('run', 'best.onnx'),
      'mixed',
      '--class',
      '<b>bold</b>',
      '--html',
      '--out',
      'page',
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^glit: warning: .*broken\.jpg cannot be read: .*\n$/);
    assert.match(
      stdout,
      /page: the image, and over it the map of block 2 \(G1L2 .*\), then of its global and local half/,
    );
    const names = [...contents('page').keys()].filter((name) => name.endsWith('-overlay.png'));
    assert.equal(names.length, 3);
    const html = readFileSync(join(folder, 'page', 'index.html'), 'utf8');
    assert.doesNotMatch(html, /<b>/);
    assert.match(html, /&lt;b&gt;bold&lt;\/b&gt;/);
    assert.equal([...html.matchAll(/<section>/g)].length, 3);
  });

  test('explains the predicted class by official weights, of GLiT and of a DeiT, whose blocks have no halves', async () => {
    writeText(folder, 'glit.json', formatArchitecture(REFERENCE));
    const small = deit({ imageSize: 32, patchSize: 4, dim: 48, depth: 3, heads: 3, classes: 10 });
    writeText(folder, 'deit.json', formatArchitecture(small));
    const { tensors } = await readSafetensors(goldenPath('deit/deit_small_cfg.safetensors'));
    const state = [...tensors].flatMap(([name, value]) =>
      name.startsWith('state/') ? [[name.slice('state/'.length), value] as const] : [],
    );
    await writeFileAtomically(join(folder, 'deit.pth'), encodePytorch(state));
    const cases = [
      [[goldenPath('checkpoints/ckpt_zip.pth'), '--ema', '--arch', 'glit.json'], 8, ['whole', 'global', 'local']],
      [['deit.pth', '--arch', 'deit.json'], 3, ['whole']],
    ] as const;
    for (const [at, [model, number, parts]] of cases.entries()) {
      const out = `official${at}`;
      const args = ['--model', ...model, IMAGE, '--json', '--out', out];
      const { code, stdout, stderr } = await glit(folder, 'explain', ...args);
      assert.equal(code, 0, stderr);
      const [{ block, classes }] = explanationsIn(stdout);
      assert.equal(block.number, number);
      assert.deepEqual(
        classes.map(({ maps }) => maps.map(({ part }) => part)),
        [parts],
      );
      const predicted = await glit(folder, 'predict', '--model', ...model, IMAGE, '--json');
      const [best] = (JSON.parse(predicted.stdout.split('\n').at(-2) ?? '') as Line).classes;
      assert.equal(classes[0].name, best.name);
      // Normalised on the host there, on the device here.
      assert.ok(Math.abs(classes[0].probability - best.probability) < 1e-5);
    }
  });

  test('shows several models of other sizes and classes for each image, each with the pictures it has alone', async () => {
    const images = [IMAGE, join('photos', 'blue', '01.png')];
    const args = [...images, '--class', '<b>bold</b>', '--json', '--quiet', '--html'];
    const { code, stdout, stderr } = await glit(folder, 'explain', ...BESIDE, ...args, '--out', 'beside');
    assert.equal(code, 0, stderr);
    const models = [join('run', 'best.onnx'), 'named.safetensors'];
    const lines = explanationsIn(stdout);
    assert.deepEqual(
      lines.map(({ image, model }) => [image, model]),
      images.flatMap((image) => models.map((model) => [image, model])),
    );

    for (const [at, model] of models.entries()) {
      const alone = await glit(folder, 'explain', '--model', model, ...args, '--out', `alone${at}`);
      assert.equal(alone.code, 0, alone.stderr);
      const own = join('beside', ['run_best', 'named'][at]);
      const pictures = new Map([...contents(`alone${at}`)].filter(([name]) => name !== 'index.html'));
      assert.equal(pictures.size, [8, 4][at]);
      assert.deepEqual(contents(own), pictures);
      const shown = JSON.stringify(explanationsIn(alone.stdout)).replaceAll(
        `alone${at}`,
        JSON.stringify(own).slice(1, -1),
      );
      assert.deepEqual(
        lines.filter((line) => line.model === model),
        JSON.parse(shown),
      );
    }

    const html = readFileSync(join(folder, 'beside', 'index.html'), 'utf8');
    assert.deepEqual([...contents('beside').keys()], ['index.html']);
    assert.equal([...html.matchAll(/<section>/g)].length, 2);
    assert.equal([...html.matchAll(/<img /g)].length, 2 * (4 + 2));
    const order = [...html.matchAll(/<(?:h2|span)>([^<]*)</g)].map(([, text]) => text);
    assert.deepEqual(
      order,
      images.flatMap((image) => [image, ...models]),
    );
  });

  test('reports its progress once for each image, whatever the number of models', async () => {
    const run = { file: join(folder, 'run', 'best.onnx') };
    for (const models of [[run], [run, { file: join(folder, 'named.safetensors') }]]) {
      const progress: unknown[] = [];
      const emit: Listener = (event) => {
        if (event.type === 'stageProgress') progress.push([event.done, event.total]);
      };
      let images = 0;
      for await (const { image } of compareModels(models, [join(folder, 'photos', 'red')], { emit })) {
        assert.match(image, /red/);
        images += 1;
      }
      assert.equal(images, 2);
      assert.deepEqual(progress, [
        [1, 2],
        [2, 2],
      ]);
    }
  });

  test('says in text what each model sees, and names an image once that none can read', async () => {
    const { code, stdout, stderr } = await glit(folder, 'explain', ...BESIDE, IMAGE, 'none.png', '--out', 'text');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^glit: warning: none\.png cannot be read: .*\n$/);
    assert.match(
      stdout,
      /00\.png\n {2}run.best\.onnx\n.*run_best.*-overlay\.png\n {2}named\.safetensors\n.* % .*-overlay\.png\n/,
    );
    assert.match(
      stdout,
      /run_best: the image, .* its global and local half\n.*named: the image, .* block 1 \(G3 [^)]*\)\n/,
    );
  });

  test('takes --arch for each model, --classes for all, and --ema for those that have an average', async () => {
    writeText(folder, 'reference.json', formatArchitecture(REFERENCE));
    writeText(folder, 'tiny.json', formatArchitecture(TINY_ARCHITECTURE));
    writeText(folder, 'names.txt', Array.from({ length: 10 }, (_, at) => `name ${at}\n`).join(''));
    const checkpoint = ['--model', goldenPath('checkpoints/ckpt_zip.pth'), '--arch', 'reference.json', '--ema'];
    const plain = ['--model', join('run', 'weights.safetensors'), '--arch', 'tiny.json'];
    const shown = [];
    for (const [at, models] of [[...checkpoint, ...plain], checkpoint, plain].entries()) {
      const args = [...models, IMAGE, '--classes', 'names.txt', '--json', '--quiet', '--out', `each${at}`];
      const { code, stdout, stderr } = await glit(folder, 'explain', ...args);
      assert.equal(code, 0, stderr);
      shown.push(explanationsIn(stdout).map(({ classes: [{ name, probability }] }) => [name, probability]));
    }
    const [together, ...alone] = shown;
    assert.deepEqual(together, alone.flat());
    for (const [name] of together) assert.match(String(name), /^name \d$/);
  });

  const mistakes: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
    ['no image', ['--run', 'run'], /nothing to explain; give image files or a folder of them/],
    ['no model', [IMAGE], /no model was given; use --model FILE, or --run/],
    ['a second model that is none', ['--run', 'run', '--model', 'x.onnx', IMAGE], /there is no such file as x\.onnx/],
    ['one model twice', ['--model', 'deit.pth', '--model', './deit.pth', IMAGE], /deit\.pth is given twice/],
    [
      'an architecture too many',
      [...BESIDE, '--arch', 'deit-tiny', '--arch', 'deit.json', '--arch', 'deit.json', IMAGE],
      /--arch is given 3 times for 2 models; give it once for all, or once for each in their order/,
    ],
    [
      'two lists of classes for one model',
      ['--run', 'run', '--classes', 'a.txt', '--classes', 'b.txt', IMAGE],
      /--classes is given 2 times for 1 model; /,
    ],
    [
      'a class of one model alone',
      [...BESIDE, IMAGE, '--class', 'class 3'],
      /^glit: named\.safetensors has no class class 3/,
    ],
    ['a block of one model alone', [...BESIDE, IMAGE, '--block', '2'], /^glit: named\.safetensors has no block 2/],
    ['a run that is none', ['--run', 'photos', IMAGE], /photos has neither best\.onnx nor weights\.safetensors/],
    ['a model that is none', ['--model', IMAGE, IMAGE], /00\.png/],
    [
      'weights that are no numbers',
      ['--model', 'damaged.safetensors', IMAGE],
      /scores are not finite; the weights are/,
    ],
    ['an image that cannot be read', ['--run', 'run', 'none.png'], /none\.png cannot be read: the file does not exist/],
    ['a folder without images', ['--run', 'run', 'run'], /run holds no image/],
    ['an unknown class', ['--run', 'run', IMAGE, '--class', 'clas 3'], /has no class clas 3; did you mean class 3\?/],
    [
      'a block too far',
      ['--run', 'run', IMAGE, '--block', '4'],
      /best\.onnx has no block 4; give a number from 1 to 3/,
    ],
    ['a block that is none', ['--run', 'run', IMAGE, '--block', 'last'], /--block is "last"; give a whole number/],
    [
      'a block without a half',
      ['--run', 'run', IMAGE, '--block', '3'],
      /block 3 of .*best\.onnx \(G3 .*\) has no local half; .*: 2/,
    ],
    ['a folder with something in it', ['--run', 'run', IMAGE, '--out', 'photos'], /photos exists and is not empty/],
    ['a file for a folder', ['--run', 'run', IMAGE, '--out', IMAGE], /00\.png is a file; give a folder with --out/],
  ];
  for (const [what, args, line] of mistakes) {
    test(`${what}: one line, exit code 2, nothing written`, async () => {
      const files = readdirSync(folder, { recursive: true }).sort();
      const { code, stderr } = await glit(folder, 'explain', ...args);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      assert.match(stderr, line);
      assert.equal(code, 2);
      assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), files);
    });
  }
});
