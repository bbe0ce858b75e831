import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { writeFileAtomically } from '../src/checkpoint/atomicFile.js';
import { encodePytorch } from '../src/checkpoint/pytorch/write.js';
import { readSafetensors, writeSafetensors } from '../src/checkpoint/safetensors.js';
import { formatArchitecture } from '../src/family/codec.js';
import { deit, glitArchitecture } from '../src/family/glit/architecture.js';
import { GLIT_PRESETS } from '../src/family/glit/presets.js';
import { groupsOf } from '../src/model/network.js';
import { exportedModel } from '../src/modelfile/exportModel.js';
import { seeded } from '../src/random/rng.js';
import { goldenPath } from './golden.js';
import { glit, makePhotos, writeText } from './support/commandLine.js';
import { TINY_ARCHITECTURE, tinyNetwork } from './support/tinyNetworks.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-explain-'));
const IMAGE = join('photos', 'red', '00.png');
/** One of them tries to leave the folder, one to be HTML. */
const CLASSES = ['../up', '<b>bold</b>', ...Array.from({ length: 8 }, (_, at) => `class ${at}`)];

interface Line {
  readonly type: string;
  readonly image: string;
  readonly block: { readonly number: number };
  readonly classes: readonly {
    readonly name: string;
    readonly probability: number;
    readonly overlay: string;
    readonly maps: readonly { readonly part: string; readonly file: string; readonly peak: number }[];
  }[];
}

/** What a call with --json says about images. */
function explanationsIn(stdout: string): readonly Line[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line).filter(({ type }) => type === 'explanation');
}

/** The files in a folder of results and their contents. */
function contents(out: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(join(folder, out)).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, out, name))]));
}

before(async () => {
  await makePhotos(join(folder, 'photos'), 2);
  const weights = new Map(
    groupsOf(tinyNetwork()).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded('explained'));
      return [...group.unpack(parameters, buffers)].map(([name, value]) => {
        // First weights are so small that the class token hardly sees the image.
        if (name.endsWith('.weight') && value.shape.length > 1)
          value.data.forEach((each, at) => (value.data[at] = 8 * each));
        return [name, value] as const;
      });
    }),
  );
  mkdirSync(join(folder, 'run'));
  const exported = exportedModel(weights, { classes: CLASSES, architecture: TINY_ARCHITECTURE });
  await writeFileAtomically(join(folder, 'run', 'best.onnx'), exported);
  await writeSafetensors(join(folder, 'run', 'weights.safetensors'), weights, {
    architecture: formatArchitecture(TINY_ARCHITECTURE),
    classes: JSON.stringify(CLASSES),
  });
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

  test('takes folders, passes over what cannot be read, and puts everything on a page', async () => {
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
    const backbone = { imageSize: 32, patchSize: 8, dim: 12, heads: 3, classes: 10 };
    const found = glitArchitecture({
      name: 'reference',
      backbone,
      blocks: GLIT_PRESETS.find(({ name }) => name === 'glit-tiny')?.build({}).blocks ?? [],
    });
    writeText(folder, 'glit.json', formatArchitecture(found));
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

  const mistakes: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
    ['no image', ['--run', 'run'], /nothing to explain; give image files or a folder of them/],
    ['no model', [IMAGE], /no model is named; give --model FILE, or --run/],
    ['two models', ['--run', 'run', '--model', 'x.onnx', IMAGE], /cannot be used with/],
    ['a run that is none', ['--run', 'photos', IMAGE], /photos has neither best\.onnx nor weights\.safetensors/],
    ['a model that is none', ['--model', IMAGE, IMAGE], /00\.png/],
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
