import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatConfig } from '../src/config/layers.js';
import { PRESETS } from '../src/config/presets.js';
import { preset } from '../src/family/families.js';
import { formatArchitecture } from '../src/family/codec.js';
import { JournalWriter } from '../src/telemetry/journal.js';
import { glit, glitProcess, MAIN, makePhotos, TINY, writeText } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-cli-'));
before(() => makePhotos(join(folder, 'photos'), 6));
after(() => rmSync(folder, { recursive: true }));

describe('glit dashboard', () => {
  test('shows runs to who has the token until Ctrl-C', { timeout: 60_000 }, async () => {
    const token = 'correct-horse-battery';
    const given = ['dashboard', 'photos', '--port', '0', '--token', token, '--json'];
    const child = spawn(process.execPath, [MAIN, ...given], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    assert.equal((await fetch(new URL('/', url))).status, 403);
    const answer = await fetch(url, { redirect: 'manual' });
    assert.equal(answer.status, 303);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    assert.equal(await (await fetch(new URL('/api/runs', url), { headers: { cookie } })).text(), '[]');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(stderr, '');
    if (process.platform !== 'win32') assert.equal(code, 0);
  });
});

describe('help', () => {
  const commands = [
    'demo',
    'run',
    'search',
    'retrain',
    'trust',
    'ablate',
    'dashboard',
    'train',
    'eval',
    'predict',
    'explain',
    'profile',
    'export',
    'convert',
    'data check',
    'latency measure',
    'completion',
  ];
  for (const command of commands) {
    test(`of glit ${command} has examples`, async () => {
      const { code, stdout, stderr } = await glit(folder, ...command.split(' '), '--help');
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`Usage: glit ${command}`));
      assert.match(stdout, new RegExp(`Examples:\n  # .+\n  \\$ glit `));
      for (const option of ['--json', '--quiet', '--help']) assert.ok(stdout.includes(option), option);
    });
  }

  test('may be cut short by its reader, as by head', async () => {
    const child = spawn(process.execPath, [MAIN, 'run', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  test('of glit lists the commands; without any it is an error', async () => {
    const { code, stdout } = await glit(folder, '--help');
    assert.equal(code, 0);
    for (const command of commands) assert.match(stdout, new RegExp(`^  ${command.split(' ')[0]}\\b`, 'm'));
    assert.equal((await glit(folder)).code, 2);
  });

  test('has a version', async () => {
    const { code, stdout } = await glitProcess(folder, '--version');
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

/** The mistake, the arguments, and the one-line error. */
const mistakes: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
  ['an unknown command', ['serach'], /unknown command 'serach' \(Did you mean search\?\)/],
  [
    'a dashboard for everybody',
    ['dashboard', 'photos', '--host', '0.0.0.0'],
    /^glit: 0\.0\.0\.0 can be reached by others, who would see your runs; add a secret with --token$/,
  ],
  ['a dashboard of nothing', ['dashboard', 'nowhere'], /^glit: nowhere is not a folder; /],
  ['a command like no other', ['frobnicate'], /unknown command 'frobnicate'; see glit --help$/],
  [
    'images without their option',
    ['run', 'my photos'],
    /^glit: glit run takes no "my photos"; give images with --data 'my photos'$/,
  ],
  ['a study without its option', ['ablate', 'study'], /takes no "study"; continue it with --resume study$/],
  [
    'a second folder',
    ['data', 'check', 'photos', 'more'],
    /glit data check takes no "more"; see glit data check --help$/,
  ],
  ['an unknown option', ['run', '--populatoin', '3'], /unknown option '--populatoin' \(Did you mean --population\?\)/],
  ['a missing argument', ['profile'], /missing required argument/],
  ['no images', ['run'], /--data FOLDER/],
  [
    'own images for the demo',
    ['demo', '--set', 'data.source=photos'],
    /^glit: glit demo uses its built-in images, but --set sets data\.source; use glit run$/,
  ],
  ['a folder that does not exist', ['run', '--data', 'nowhere'], /^glit: nowhere does not exist/],
  ['a class without images', ['run', '--data', 'hollow'], /hollow.empty has no image/],
  ['a single class', ['run', '--data', 'single'], /only one class, "cats"/],
  ['images without class folders', ['search', '--data', join('photos', 'red')], /holds its images directly/],
  ['two ways to say how long', ['run', '--retrain-steps', '1', '--retrain-epochs', '1'], /cannot be used with/],
  ['a count that is none', ['run', '--data', 'photos', '--max-macs', 'many'], /--max-macs is "many".*1\.3G/],
  ['a number that is none', ['run', '--data', 'photos', '--top', 'all'], /--top: retrain\.top is "all".*a number/],
  [
    'what a time limit plans',
    ['run', '--data', 'photos', '--time', '20m', '--set', 'retrain.top=3', '--config', 'part.yaml'],
    /^glit: supernet\.steps and retrain\.top have no effect with --time; leave out one or the other$/,
  ],
  ['no port', ['dashboard', 'photos', '--port', '99999'], /--port is "99999"; give a whole number from 0 to 65535$/],
  [
    'halving that leaves all',
    ['run', '--data', 'photos', '--halving', '4', '--top', '4'],
    /^glit: retrain\.halving\.contenders has no effect with a retrain\.top of 4; leave out one or the other$/,
  ],
  [
    'a share of the limit for a front',
    ['run', '--data', 'photos', '--objective', 'accuracy,macs', '--near-limit', '0.2'],
    /^glit: search\.nearLimit has no effect with several objectives; leave out one or the other$/,
  ],
  ['too many seeds', ['ablate', '--seeds', '99999999999'], /--seeds is "99999999999"; give .* from 1 to 10000$/],
  [
    'too many threads',
    ['run', '--data', 'photos', '--threads', '1e9'],
    /--threads: device\.threads is .* at most 1024$/,
  ],
  ['too many workers', ['run', '--data', 'photos', '--workers', '5000'], /--workers: data\.workers .* at most 1024$/],
  [
    'a population too large',
    ['run', '--data', 'photos', '--population', '1e10'],
    /--population: .* at most 1000000000$/,
  ],
  ...([['--resume'], ['--out', '--preset', 'smoke']] as const).flatMap(([option, ...smoke]) => [
    [
      `a study that is no YAML, with ${option}`,
      ['ablate', ...smoke, option, 'torn'],
      /^glit: torn.study\.yaml is neither YAML nor JSON: /,
    ] as const,
    [
      `a study with a wrong value, with ${option}`,
      ['ablate', ...smoke, option, 'odd'],
      /^glit: odd.study\.yaml: preset is missing; it must be a text; restore the file, or begin another study$/,
    ] as const,
  ]),
  ['a number out of range', ['run', '--data', 'photos', '--population', '0'], /--population: .* at least 1/],
  [
    'an unknown objective',
    ['run', '--data', 'photos', '--objective', 'accuracy', '--objective', 'mac'],
    /^glit: --objective: search\.objectives\.1: there is no objective "mac"; did you mean macs\?$/,
  ],
  ['an objective twice', ['run', '--data', 'photos', '--objective', 'accuracy,macs,macs'], /remove one macs/],
  ['no accuracy', ['run', '--data', 'photos', '--objective', 'macs'], /macs, without accuracy; add it/],
  [
    'a front of one objective',
    ['run', '--data', 'photos', '--retrain-front', '3'],
    /retrain\.front is 3.*retrain\.top/,
  ],
  [
    'short trainings without halving',
    ['run', '--data', 'photos', '--set', 'retrain.halving=null', '--set', 'retrain.randomShare=0.1'],
    /retrain\.randomShare is 0\.1, .* leave it out/,
  ],
  ['halving of a front', ['run', '--retrain-front', '3', '--halving', '8'], /cannot be used with/],
  [
    'a front that is halved',
    ['run', '--data', 'photos', '--objective', 'accuracy,macs', '--set', 'retrain.front=3'],
    /retrain\.front trains all .* retrain\.halving/,
  ],
  [
    'parents of several objectives',
    ['run', '--data', 'photos', '--objective', 'accuracy,macs', '--set', 'search.parents=3'],
    /search\.parents is a setting for one objective/,
  ],
  ['an unknown device', ['run', '--data', 'photos', '--device', 'gpu'], /--device: .*must be cpu or webgpu/],
  ['an unknown space', ['run', '--data', 'photos', '--space', 'all'], /--space: .*released or paper or nlp/],
  [
    'an unknown key of --set',
    ['run', '--data', 'photos', '--set', 'search.popluation=3'],
    /--set: .*did you mean search\.population\?/,
  ],
  ['--set without a value', ['run', '--data', 'photos', '--set', 'seed'], /--set seed: give a key and its value/],
  [
    'an unknown key in a file',
    ['run', '--data', 'photos', '--config', 'typo.yaml'],
    /^glit: typo\.yaml: there is no key retrain\.recipe\.epoch; did you mean retrain\.recipe\.epochs\?/,
  ],
  [
    'a wrong value in a file',
    ['run', '--data', 'photos', '--config', 'wrong.json'],
    /^glit: wrong\.json: search\.generations is "ten"; it must be a number/,
  ],
  [
    'a file that is no configuration',
    ['run', '--data', 'photos', '--config', join('photos', 'red', '00.png')],
    /00\.png/,
  ],
  ['no such file', ['run', '--data', 'photos', '--config', 'none.yaml'], /none\.yaml cannot be read/],
  [
    'patches that do not tile',
    ['run', '--data', 'photos', '--patch-size', '5'],
    /model\.imageSize 32.*model\.patchSize 5/,
  ],
  ['heads that do not share the width', ['run', '--data', 'photos', '--dim', '100'], /model\.dim 100.*model\.heads 3/],
  ['heads without thirds', ['run', '--data', 'photos', '--heads', '4'], /model\.heads is 4.*multiple of 3/],
  [
    'heads without thirds, nor of the width',
    ['run', '--data', 'photos', '--heads', '5'],
    /model\.heads is 5.*multiple of 3/,
  ],
  ['an even kernel', ['run', '--data', 'photos', '--set', 'space.grid.kernels=[4]'], /kernel 4 is even/],
  [
    'a ratio without whole channels',
    ['run', '--data', 'photos', '--set', 'space.grid.dkRatios=[0.3]'],
    /d_k ratio 0\.3/,
  ],
  ['more parents than make sense', ['run', '--data', 'photos', '--set', 'search.crossover=50'], /crossover 50/],
  [
    'a budget out of reach',
    ['run', '--data', 'photos', ...TINY, '--max-macs', '1k'],
    /at most 1\.000 k MACs.* reaches .* to .* MACs/,
  ],
  [
    'a budget that holds nothing',
    ['search', '--data', 'photos', ...TINY, '--max-macs', '1k', '--min-macs', '2k'],
    /is empty/,
  ],
  [
    'a batch that cannot be filled',
    ['run', '--data', 'photos', ...TINY, '--batch-size', '99'],
    /batchSize is 99, but only \d+ training images/,
  ],
  [
    'an existing folder for a run',
    ['run', '--data', 'photos', '--out', 'photos'],
    /photos exists and is not empty; give another with --out$/,
  ],
  [
    'to retrain an unfinished run',
    ['retrain', 'my run'],
    /has not ended; finish it first: glit run --resume 'my run'$/,
  ],
  [
    'to resume a row of a study by itself',
    ['run', '--resume', join('study', 'seed-4', 'deit')],
    /started by glit ablate; continue with: glit ablate --resume study$/,
  ],
  [
    'a folder with something in it for an evaluation',
    ['eval', '--model', 'none.onnx', '--data', 'photos', '--out', 'photos'],
    /photos exists and is not empty; give another folder with --out$/,
  ],
  ...(
    [
      ['run', '--data', 'photos', '--out'],
      ['demo', '--out'],
      ['train', 'deit-tiny', '--data', 'photos', '--out'],
      ['ablate', '--preset', 'smoke', '--out'],
      ['ablate', '--from', 'photos', '--out'],
      ['eval', '--model', 'none.onnx', '--data', 'photos', '--out'],
      ['explain', '--model', 'none.onnx', 'none.png', '--out'],
      ['export', '--weights', 'none.pth', '--out'],
      ['convert', 'none.pth'],
      ['latency', 'measure', '--out'],
    ] as const
  ).map(
    (args) =>
      [
        `${args[0]} to a path below a file`,
        [...args, join('typo.yaml', args[0] === 'convert' ? 'x.pth' : 'x')],
        /^glit: typo\.yaml is a file, so typo\.yaml.x(\.pth)? cannot be made; give another path$/,
      ] as const,
  ),
  ['an empty path', ['run', '--data', 'photos', '--out', ''], /^glit: the path to write to is empty; give one$/],
  [
    'an existing latency table',
    ['latency', 'measure', '--out', 'wrong.json'],
    /^glit: wrong\.json exists already; give another file$/,
  ],
  ['a folder for a latency table', ['latency', 'measure', '--out', 'photos'], /^glit: photos exists already/],
  ['a file as run folder', ['run', '--data', 'photos', '--out', 'typo.yaml'], /typo\.yaml is a file/],
  ['to resume something other than a run', ['run', '--resume', 'photos'], /photos is not a run folder/],
  [
    'to resume with other settings',
    ['run', '--resume', 'photos', '--seed', '2'],
    /--seed cannot be given with --resume/,
  ],
  ['to retrain no search', ['retrain', 'photos'], /photos is not a run folder/],
  [
    'to retrain with another search',
    ['retrain', 'my run', '--set', 'search.population=3'],
    /--set search… is no key of retrain/,
  ],
  ['an architecture that is none', ['profile', 'deit-tinny'], /no architecture file deit-tinny.*deit-tiny/],
  [
    'an architecture with wrong heads',
    ['train', 'heads.json', '--data', 'photos'],
    /^glit: heads\.json: blocks\[0\]\.globalHeads .*add up to 3/,
  ],
  [
    'an architecture with a wrong kernel',
    ['profile', 'kernel.json'],
    /^glit: kernel\.json: blocks\[1\]\.kernel is 16; use an odd/,
  ],
  ['an architecture that is no JSON', ['profile', 'typo.yaml'], /typo\.yaml: not valid JSON/],
  [
    'a size for a file that has its own',
    ['profile', 'kernel.json', '--image-size', '32'],
    /--image-size is for presets/,
  ],
  ['no architecture', ['train', '--data', 'photos'], /no architecture was given/],
  [
    'a moving average of nothing',
    ['train', 'deit-tiny', '--data', 'photos', '--ema'],
    /^glit: --ema is for the checkpoint of --weights, and none was given/,
  ],
  [
    'a moving average to resume from',
    ['train', '--resume', 'photos', '--ema'],
    /'--ema' cannot be used with option '--resume/,
  ],
  [
    'a model that is none',
    ['predict', '--model', 'typo.yaml', join('photos', 'red', '00.png')],
    /typo\.yaml is not a model/,
  ],
  ['no such model', ['eval', '--model', 'best.onnx', '--data', 'photos'], /there is no such file as best\.onnx/],
  [
    'a folder as a model',
    ['eval', '--model', 'photos', '--data', 'photos'],
    /^glit: photos is a folder; give its model, such as photos.best\.onnx$/,
  ],
  ['a folder without an architecture', ['profile', 'photos'], /no architecture file photos.architecture\.json/],
  ['nothing to predict', ['predict', '--model', 'best.onnx'], /nothing to predict; give image files, or --tensor FILE/],
  [
    'a tensor without a file for the result',
    ['predict', '--model', 'best.onnx', '--tensor', 'in.safetensors'],
    /--tensor FILE and --out FILE go together/,
  ],
  [
    'a tensor and images',
    ['predict', '--model', 'best.onnx', '--tensor', 'in.safetensors', '--out', 'out.safetensors', 'cat.png'],
    /both --tensor in\.safetensors and images/,
  ],
  [
    'a checkpoint that is none',
    ['eval', '--model', 'text.pth', '--data', 'photos'],
    /text\.pth cannot be read as a PyTorch/,
  ],
  [
    'weights that are none',
    ['export', '--weights', 'text.safetensors', '--out', 'x.onnx'],
    /cannot be read as safetensors/,
  ],
  [
    'nothing to convert',
    ['convert', 'none.pth', 'none.safetensors'],
    /none\.pth cannot be read: there is no such file/,
  ],
  [
    'two models where one is measured',
    ['eval', '--model', 'a.onnx', '--model', 'b.onnx', '--data', 'photos'],
    /^glit: --model is given twice, a\.onnx and b\.onnx; remove one$/,
  ],
  [
    'class names for a file that holds none',
    ['convert', 'text.safetensors', 'new.pth', '--classes', 'names.txt'],
    /new\.pth cannot hold class names; remove --classes/,
  ],
  ['nothing to export', ['export', '--out', 'model.onnx'], /nothing to export/],
  [
    'an export of another format',
    ['export', '--weights', 'none.pth', '--out', 'model.pth'],
    /^glit: model\.pth is neither an \.onnx file nor a folder; glit convert writes \.pth and \.safetensors$/,
  ],
  ['a folder without weights', ['export', 'photos', '--out', 'model.onnx'], /photos has no weights\.safetensors/],
];

describe('a mistake', () => {
  before(() => {
    for (const name of ['red', 'blue'])
      cpSync(join(folder, 'photos', name), join(folder, 'hollow', name), { recursive: true });
    mkdirSync(join(folder, 'hollow', 'empty'));
    cpSync(join(folder, 'photos', 'red'), join(folder, 'single', 'cats'), { recursive: true });
    for (const name of ['text.pth', 'text.safetensors']) writeText(folder, name, 'import torch\n');
    writeText(join(folder, 'study'), 'study.yaml', '');
    for (const [run, starter] of [
      ['my run', 'run'],
      [join('study', 'seed-4', 'deit'), 'ablate'],
    ] as const) {
      writeText(join(folder, run), 'config.yaml', formatConfig(PRESETS.smoke));
      const journal = new JournalWriter(join(folder, run, 'journal.jsonl'));
      journal.write({ type: 'runStarted', command: starter, version: '1', seed: 0, config: {} });
      journal.close();
    }
    writeText(folder, 'typo.yaml', 'retrain:\n  recipe:\n    epoch: 3\n');
    writeText(folder, 'part.yaml', 'supernet:\n  steps: 30\n');
    writeText(join(folder, 'torn'), 'study.yaml', 'seeds: [0, 1');
    writeText(join(folder, 'odd'), 'study.yaml', 'seeds: [0, 1]\n');
    writeText(folder, 'wrong.json', '{ "search": { "generations": "ten" } }');
    const released = formatArchitecture(preset('glit-tiny'));
    writeText(folder, 'heads.json', released.replace('"globalHeads": 3', '"globalHeads": 2'));
    writeText(
      folder,
      'kernel.json',
      released.replace('"kernel": 31', '"kernel": 16').replace('"kernel": 17', '"kernel": 16'),
    );
  });

  for (const [index, [what, args, line]] of mistakes.entries()) {
    test(`${what}: one line, exit code 2, nothing written`, async () => {
      const files = readdirSync(folder, { recursive: true }).sort();
      // One of them with the exit code of a process.
      const { code, stderr } = await (index === 0 ? glitProcess : glit)(folder, ...args);
      // A missing test split is a warning, printed before any error is known.
      const lines = stderr.split('\n').filter((each) => !each.startsWith('glit: warning: '));
      assert.equal(lines.length, 2, stderr);
      assert.match(lines[0], /^glit: /);
      assert.match(lines[0], line);
      assert.equal(code, 2);
      assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), files);
    });
  }
});

describe('a failure with --json', () => {
  for (const [what, args] of [
    ['before the command', ['run', '--populatoin', '3']],
    ['in the command', ['run', '--data', 'nowhere', '--quiet']],
    ['without a run', ['profile', 'deit-tinny']],
  ] as const) {
    test(`${what} ends with an object that says the same as stderr`, async () => {
      const { code, stdout, stderr } = await glit(folder, ...args, '--json');
      const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { message: string };
      assert.deepEqual(last, { type: 'error', code, message: last.message });
      assert.equal(stderr, `glit: ${last.message}\n`);
    });
  }
});

describe('profile', () => {
  test('counts a preset of any size', async () => {
    const { code, stdout } = await glit(folder, 'profile', 'glit-tiny');
    assert.equal(code, 0);
    assert.match(stdout, /1\.473 G/);
    const small = await glit(folder, 'profile', 'deit-tiny', '--image-size', '32', '--patch-size', '4', '--json');
    const profile = JSON.parse(small.stdout) as { total: { macs: number }; rows: unknown[] };
    assert.equal(profile.rows.length, 12);
    assert.ok(profile.total.macs > 0);
  });

  test('survives a reader that goes away', async () => {
    const child = spawn(process.execPath, [MAIN, 'profile', 'glit-base'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
});

describe('train', () => {
  test('stops when too many images cannot be read, and says how to find them', async () => {
    cpSync(join(folder, 'photos'), join(folder, 'rotten'), { recursive: true });
    for (let index = 0; index < 9; index++) writeText(join(folder, 'rotten', 'red'), `broken${index}.jpg`, 'no image');
    const sizes = ['--image-size', '8', '--patch-size', '4', '--batch-size', '4'];
    const { code, stderr } = await glit(folder, 'train', 'deit-tiny', '--data', 'rotten', ...sizes, '--out', 'stopped');
    assert.equal(code, 2);
    assert.match(stderr, /glit: 6 images cannot be read, more than the 5 that a set of 27 may have; .*glit data check/);
  });

  test('trains an architecture, skips an unreadable image, and its model serves eval, predict and export', async () => {
    cpSync(join(folder, 'photos'), join(folder, 'mixed'), { recursive: true });
    writeText(join(folder, 'mixed', 'red'), 'broken.jpg', 'no image');
    const tiny = { ...preset('deit-tiny', { imageSize: 8, patchSize: 4, classes: 7 }) };
    const small = { ...tiny, backbone: { ...tiny.backbone, dim: 12 }, blocks: tiny.blocks.slice(0, 2) };
    writeText(folder, 'small.json', formatArchitecture(small));
    const trained = await glit(
      folder,
      'train',
      'small.json',
      '--data',
      'mixed',
      '--steps',
      '5',
      '--batch-size',
      '4',
      '--out',
      'trained',
      '--quiet',
      '--workers',
      '0',
    );
    assert.match(trained.stderr, /warning: .*broken\.jpg cannot be read and is skipped/);
    assert.match(readFileSync(join(folder, 'trained', 'unreadable.csv'), 'utf8'), /^file,reason\n.*broken\.jpg,.*\n$/);
    assert.match(trained.stdout, /best\.onnx: \d+\.\d\d %, measured from the file/);
    assert.equal(trained.code, 0);

    const model = join('trained', 'best.onnx');
    const evaluated = await glit(
      folder,
      'eval',
      '--model',
      model,
      '--data',
      'photos',
      '--split',
      'train',
      '--json',
      '--quiet',
    );
    assert.equal(evaluated.code, 0);
    const { images: evaluatedImages, accuracy } = JSON.parse(evaluated.stdout) as { images: number; accuracy: number };
    assert.ok(evaluatedImages > 0);
    const weights = ['eval', '--model', join('trained', 'weights.safetensors')];
    const same = await glit(folder, ...weights, '--data', 'photos', '--split', 'train', '--json', '--quiet');
    assert.equal((JSON.parse(same.stdout) as { accuracy: number }).accuracy, accuracy);
    assert.equal(same.stderr.replace(/^glit: warning: .*test.*\n/, ''), '', 'its classes have names');
    const whole = await glit(folder, 'eval', '--model', model, '--data', 'photos', '--split', 'all', '--quiet');
    assert.match(whole.stdout, /^\d+\.\d\d % of 18 images\n$/, whole.stderr);

    const looked = await glit(folder, 'eval', '--model', model, '--data', 'photos', '--out', 'seen', '--quiet');
    assert.match(looked.stdout, /^\d+\.\d\d % of \d test images\nwritten seen: class by class, .*\n$/, looked.stderr);
    assert.deepEqual(readdirSync(join(folder, 'seen')).sort(), [
      'classes.csv',
      'confusion_matrix.csv',
      'confusion_matrix.svg',
      'confusion_matrix_normalized.svg',
      'mistakes.svg',
      'predictions.svg',
    ]);

    // A run and its model stand for their architecture.
    const [ofRun, ofModel] = await Promise.all(
      ['trained', model].map((name) => glit(folder, 'profile', name, '--json')),
    );
    assert.equal(ofRun.stdout, ofModel.stdout);
    assert.equal(ofRun.code, 0, ofRun.stderr);

    const images = [join('photos', 'red', '00.png'), join('mixed', 'red', 'broken.jpg')];
    const predicted = await glit(folder, 'predict', '--model', model, ...images, '--json');
    assert.equal(predicted.code, 0);
    assert.match(predicted.stderr, /^glit: warning: .*broken\.jpg cannot be read/);
    const { image, classes } = JSON.parse(predicted.stdout.split('\n')[0]) as {
      image: string;
      classes: { probability: number }[];
    };
    assert.equal(image, images[0]);
    assert.ok(Math.abs(classes.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-6);
    const all = await glit(folder, 'predict', '--model', model, join('photos', 'red'), '--json', '--quiet');
    assert.equal(all.stdout.trimEnd().split('\n').length, 6, all.stderr);
    const unreadable = await glit(folder, 'predict', '--model', model, images[1]);
    assert.match(unreadable.stderr, /^glit: .*broken\.jpg cannot be read.*\n$/);
    assert.equal(unreadable.code, 2);

    const exported = await glit(folder, 'export', 'trained', '--out', join('models', 'again.onnx'));
    assert.equal(exported.code, 0, exported.stderr);
    assert.match(exported.stdout, /3 classes/);
    assert.ok(existsSync(join(folder, 'models', 'again.onnx')));
    const twice = await glit(folder, 'export', 'trained', '--out', join('models', 'again.onnx'));
    assert.match(twice.stderr, /exists already/);
    assert.equal(twice.code, 2);
    const other = await glit(folder, 'train', 'deit-tiny', '--resume', 'trained');
    assert.match(
      other.stderr,
      /^glit: deit-tiny cannot be given with --resume: a run keeps its own architecture; .*\n$/,
    );
    assert.equal(other.code, 2);
    const wrong = await glit(
      folder,
      'export',
      '--weights',
      join('trained', 'weights.safetensors'),
      '--arch',
      'glit-tiny',
      '--out',
      'x.onnx',
    );
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^glit: .*\n$/);
  });

  test('of other classes than the model’s is an error of eval', async () => {
    cpSync(join(folder, 'photos'), join(folder, 'others'), { recursive: true });
    cpSync(join(folder, 'photos', 'red'), join(folder, 'others', 'violet'), { recursive: true });
    const { code, stderr } = await glit(
      folder,
      'eval',
      '--model',
      join('trained', 'best.onnx'),
      '--data',
      'others',
      '--quiet',
    );
    assert.match(
      stderr,
      /others has the class "violet", which .*best\.onnx does not know; it knows blue, green, red\n$/,
    );
    assert.equal(code, 2);
  });
});
