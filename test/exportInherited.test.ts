import assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { searchDataOf } from '../src/config/check.js';
import { parseConfig } from '../src/config/layers.js';
import { UserError } from '../src/errors.js';
import { architecture } from '../src/family/architecture.js';
import { formatArchitecture } from '../src/family/codec.js';
import { evaluationLoader } from '../src/loader/loader.js';
import { openDataset } from '../src/loader/openDataset.js';
import { pathFeed, supernet } from '../src/model/network.js';
import { readExportedModel } from '../src/modelfile/exportModel.js';
import { readWeights } from '../src/modelfile/weightsFile.js';
import { CompiledProgram } from '../src/program/compiled.js';
import { evaluationProgram } from '../src/program/evaluation.js';
import { normalizePixels, pixelImages } from '../src/program/images.js';
import { seeded } from '../src/random/rng.js';
import { exportInherited } from '../src/run/exportInherited.js';
import { calibrationBatches } from '../src/run/levels/candidateScorer.js';
import { Recalibrator } from '../src/run/levels/recalibrate.js';
import { backboneOf } from '../src/run/levels/hierarchicalSearch.js';
import { searchedLevel, type SearchedLevel } from '../src/run/levels/searchedLevel.js';
import type { ScoredCandidate } from '../src/run/levels/searchLevel.js';
import { RunFolder } from '../src/run/folder/runFolder.js';
import { openDevice } from '../src/runtime/device.js';
import { best } from '../src/search/best.js';
import { tensor, type Tensor } from '../src/tensor/tensor.js';
import { NetworkState } from '../src/train/state.js';
import { glit, makePhotos, TINY, writeText } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-inherited-'));
const at = (...names: readonly string[]): string => join(folder, ...names);
after(() => rmSync(folder, { recursive: true }));

/** Searches of both kinds of supernets; the last level of the first is the low one, of the second the joint one. */
const SEARCHES = {
  separate: ['--separate'],
  entangled: [
    '--entangled',
    '--no-hierarchy',
    ...['--set', 'model.depth=2'],
    ...['--set', 'space.grid={ kernels: [3, 5], expansions: [1], dkRatios: [1], ffnRatios: [1, 2] }'],
  ],
} as const;

before(async () => {
  await makePhotos(at('photos'));
  for (const [name, options] of Object.entries(SEARCHES)) {
    const args = ['--data', at('photos'), ...TINY, ...options, '--compare-random', '--seed', '3'];
    const { code, stderr } = await glit(folder, 'search', ...args, '--out', at(name), '--quiet');
    assert.equal(code, 0, stderr);
  }
});

interface Searched {
  readonly run: RunFolder;
  readonly level: SearchedLevel;
  /** The best candidate, and the others, best first. */
  readonly ranked: readonly ScoredCandidate[];
}

async function searched(name: string): Promise<Searched> {
  const run = await RunFolder.open(at(name));
  const level = await searchedLevel(run, parseConfig(await run.read('config.yaml'), name));
  const found = level.candidates.filter(({ method }) => method === 'evolution');
  return { run, level, ranked: best(found, Infinity) };
}

/** The architecture file of a candidate. */
async function fileOf({ run, level }: Searched, { id, blocks }: ScoredCandidate): Promise<string> {
  const { backbone } = backboneOfRun(await run.read('config.yaml'), level);
  const file = at(`glit-${id}.json`);
  writeText(folder, `glit-${id}.json`, formatArchitecture(architecture(level.space.family, { backbone, blocks })));
  return file;
}

function backboneOfRun(
  config: string,
  { classes }: SearchedLevel,
): { readonly backbone: ReturnType<typeof backboneOf> } {
  return { backbone: backboneOf(parseConfig(config, 'config.yaml'), classes) };
}

interface Logits {
  /** Of the supernet's path, after recalibration and before it. */
  readonly recalibrated: readonly number[];
  readonly before: readonly number[];
  /** Of the exported model. */
  readonly exported: readonly number[];
}

/** The logits of the first held-out images, from the search's own programs and from an exported file. */
async function logitsOf({ run, level }: Searched, { path }: ScoredCandidate, file: string): Promise<Logits> {
  const config = parseConfig(await run.read('config.yaml'), 'config.yaml');
  const rng = seeded(config.seed);
  const emit = (): void => undefined;
  const { dataset, unreadable } = await openDataset(config, { rng: rng.fork('dataset'), originals: false, emit });
  const data = searchDataOf(config, dataset, rng);
  const network = supernet(backboneOf(config, level.classes), level.space, config.space);
  const { imageSize } = network.backbone;
  const device = await openDevice({ threads: 1 });
  const loader = evaluationLoader(data.searchVal, { imageSize, batchSize: 8, workers: 0 });
  try {
    const state = await NetworkState.load(device, network, await run.readWeights(level.weightsFile));
    const images = pixelImages(8, imageSize, network.preprocessing);
    const program = await CompiledProgram.compile(device, evaluationProgram(network, images), 'evaluation');
    const batch = await firstOf(loader.epoch(0));
    const pixels = tensor('uint8', [8, 3, imageSize, imageSize], new Uint8Array(batch.images));
    const ofPath = async (): Promise<readonly number[]> => {
      const { logits } = await program.on(state.at(path)).run({ images: pixels, path: pathFeed(network, path) });
      return [...(logits as Tensor<'float32'>).data];
    };
    const before = await ofPath();
    const stream = rng.fork(`search-${level.name}`);
    const context = { config, device, unreadable };
    const batches = calibrationBatches(context, network, data, { rng: stream });
    if (batches !== undefined) {
      const recalibrator = await Recalibrator.create(device, network, batches);
      await recalibrator.recalibrate(state, path);
      await recalibrator.close();
      await batches.close();
    }
    const recalibrated = await ofPath();

    const { bytes, preprocessing } = await readExportedModel(file);
    const values = normalizePixels(batch.images, imageSize, preprocessing);
    const model = await device.compile(bytes);
    const { logits } = await model.run({ pixel_values: tensor('float32', [8, 3, imageSize, imageSize], values) });
    return { recalibrated, before, exported: [...(logits as Tensor<'float32'>).data] };
  } finally {
    await loader.close();
    await device.close();
  }
}

async function firstOf<T>(values: AsyncIterable<T>): Promise<T> {
  for await (const value of values) return value;
  throw new Error('there are none');
}

function largestDifference(one: readonly number[], other: readonly number[]): number {
  assert.equal(one.length, other.length);
  return Math.max(...one.map((value, index) => Math.abs(value - other[index])));
}

describe('glit export --inherited', () => {
  for (const name of Object.keys(SEARCHES)) {
    test(`computes what the search scored, by default its winner: weights ${name}`, async () => {
      const search = await searched(name);
      const [winner, ...others] = search.ranked;
      let recalibrated = 0;
      for (const candidate of [winner, ...others.slice(0, 2)]) {
        const out = at(name, 'models', `${candidate.id}.onnx`);
        const given = candidate === winner ? undefined : await fileOf(search, candidate);
        const exported = await exportInherited(at(name), { out, architecture: given });
        assert.deepEqual(exported.architecture.blocks, candidate.blocks);
        assert.equal(exported.fitness, candidate.values[0]);
        assert.equal(exported.heldOut, candidate.values[0], 'of the model, as the search measured it');
        assert.deepEqual(exported.classes, ['blue', 'green', 'red']);
        const logits = await logitsOf(search, candidate, out);
        // The same operators on the same numbers, at most fused differently.
        assert.ok(largestDifference(logits.exported, logits.recalibrated) < 1e-5);
        if (largestDifference(logits.before, logits.recalibrated) > 1e-3) recalibrated += 1;
      }
      assert.ok(recalibrated > 0, 'recalibration changes the logits of some, so its absence would show');
    });
  }

  test('prints the candidate, its accuracy and that of the search', async () => {
    const { level, ranked } = await searched('separate');
    const { id, values } = ranked[0];
    const share = `${(100 * values[0]).toFixed(2)} %`;
    const { code, stdout, stderr } = await glit(
      folder,
      'export',
      'separate',
      '--inherited',
      '--out',
      'a.onnx',
      '--quiet',
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `a.onnx: glit-${id}, 8 px, 3 classes, weights of the ${level.name} level's supernet`,
      `${share} of 10 held-out images, measured from the model (${share} in the search)`,
    ]);
    // It is a model like any other, with its weights under their own names.
    const { architecture: read, classes } = await readWeights(at('a.onnx'));
    assert.deepEqual([read.blocks, classes], [ranked[0].blocks, ['blue', 'green', 'red']]);
  });

  test('goes by the search, whatever was retrained since, and passes over what is too slow', async () => {
    cpSync(at('separate'), at('later'), { recursive: true });
    const { run, level, ranked } = await searched('later');
    const [winner, second] = ranked;
    const { backbone } = backboneOfRun(await run.read('config.yaml'), level);
    const found = architecture(level.space.family, { name: 'glit-found', backbone, blocks: second.blocks });
    await run.write('architecture.json', formatArchitecture(found));
    const first = await exportInherited(at('later'), { out: at('first.onnx') });
    assert.deepEqual(first.architecture.blocks, winner.blocks);
    const slow = {
      type: 'latencyMeasured',
      name: `glit-${winner.id}`,
      milliseconds: 3,
      spread: 0,
      predicted: 1,
      limit: 2,
    };
    appendFileSync(run.path('journal.jsonl'), `${JSON.stringify({ time: '', seconds: 1, ...slow })}\n`);
    const next = await exportInherited(at('later'), { out: at('next.onnx') });
    assert.equal(next.architecture.name, `glit-${second.id}`);
  });
});

describe('glit export --inherited refuses, in one line and with nothing written,', () => {
  const refuses = async (run: string, message: RegExp, given?: string): Promise<void> => {
    const out = at('refused.onnx');
    await assert.rejects(exportInherited(at(run), { out, architecture: given }), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
    assert.ok(!existsSync(out));
  };
  const without = (name: string, file: string): string => {
    cpSync(at('separate'), at(name), { recursive: true });
    rmSync(at(name, file));
    return name;
  };

  test('what has no finished search, or no supernet', async () => {
    await refuses('nowhere', /nowhere is not a run folder/);
    await refuses(
      without('unfinished', 'candidates.csv'),
      /the search in .*unfinished has not ended; finish it first: glit search --resume .*unfinished$/,
    );
    await refuses(
      without('light', 'weights/supernet-low.safetensors'),
      /light has no weights.supernet-low\.safetensors/,
    );
    const journal = readFileSync(at('separate', 'journal.jsonl'), 'utf8');
    cpSync(at('separate'), at('trained'), { recursive: true });
    writeText(at('trained'), 'journal.jsonl', journal.replace('"command":"search"', '"command":"train"'));
    await refuses('trained', /trained has no search: it was started by glit train; give the folder of a search/);
  });

  test('architectures that the search could not reach', async () => {
    await refuses(
      'separate',
      /deit-tiny is no candidate of the search in .*: its imageSize is 224, not 8;/,
      'deit-tiny',
    );
    await refuses('separate', /there is no architecture file none\.json/, 'none.json');
    const search = await searched('separate');
    const file = await fileOf(search, search.ranked[0]);
    const wide = readFileSync(file, 'utf8')
      .replaceAll('"ffnRatio": 1', '"ffnRatio": 3')
      .replaceAll('"ffnRatio": 2', '"ffnRatio": 3');
    writeText(folder, 'wide.json', wide);
    await refuses(
      'separate',
      /wide\.json is no candidate of the search in .*: block 0 .* is not among the choices/,
      at('wide.json'),
    );
  });

  test('images that are gone or have changed', async () => {
    const kept = at('kept');
    cpSync(at('photos'), kept, { recursive: true });
    try {
      rmSync(at('photos'), { recursive: true });
      await refuses('separate', /photos/);
      await makePhotos(at('photos'), 23);
      await refuses('separate', /the images in .*photos have changed since the search in/);
    } finally {
      rmSync(at('photos'), { recursive: true, force: true });
      cpSync(kept, at('photos'), { recursive: true });
    }
  });

  test('options that do not belong to it', async () => {
    const mistakes = [
      [['--inherited', '--weights', 'x.pth'], /--inherited is for the folder of a run/],
      [['separate', '--inherited', '--ema'], /--ema is for PyTorch's checkpoints/],
    ] as const;
    for (const [args, message] of mistakes) {
      const { code, stderr } = await glit(folder, 'export', ...args, '--out', 'refused.onnx');
      assert.match(stderr, /^glit: [^\n]*\n$/);
      assert.match(stderr, message);
      assert.equal(code, 2);
    }
    assert.ok(!existsSync(at('refused.onnx')));
  });
});
