import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { parse } from 'yaml';
import { configSchema } from '../src/config/config.js';
import { parseConfig } from '../src/config/layers.js';
import { readMetadata } from '../src/onnx/model.js';
import { parseArchitecture } from '../src/family/codec.js';
import { spaceForRun } from '../src/run/folder/diskSpace.js';
import type { RunResult } from '../src/run/results/report.js';
import { readJournal } from '../src/telemetry/journal.js';
import { formatDuration } from '../src/telemetry/progress.js';
import { stageName } from '../src/telemetry/stage.js';
import { glit, glitProcess, MAIN, makePhotos, TINY, type Ended } from './support/commandLine.js';
import { python, withoutPython } from './support/python.js';
import { assertSameResult, weightsOf } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-run-'));
const bytes = (...names: readonly string[]): Buffer => readFileSync(join(folder, ...names));
const text = (...names: readonly string[]): string => bytes(...names).toString();
after(() => rmSync(folder, { recursive: true }));

describe('a whole run', () => {
  const ofSearch = ['--data', 'photos', ...TINY, '--compare-random', '--seed', '3'];
  const args = ['run', ...ofSearch, '--top', '2'];
  let whole: Ended;
  before(async () => {
    await makePhotos(join(folder, 'photos'));
    whole = await glitProcess(folder, ...args, '--out', 'whole', '--threads', '2');
  });

  test('ends with the comparison, the model, the report and the time', () => {
    assert.equal(whole.code, 0, whole.stderr);
    assert.match(whole.stderr, /^glit: warning: photos has no test split: 12 of its 60 images.*\n$/);
    for (const row of ['GLiT, found', 'DeiT', 'random search'])
      assert.match(whole.stdout, new RegExp(`^\\| ${row}`, 'm'));
    assert.match(whole.stdout, /^model {3}whole.best\.onnx: \d+\.\d\d % of 12 test images, measured from the file$/m);
    assert.match(whole.stdout, /^report {2}whole.report\.md$/m);
    assert.match(whole.stdout, /^time {4}[\d.]+/m);
  });

  test('has the files that its report lists, and lists all of them', () => {
    const [, section] = text('whole', 'report.md').split('\n## Files\n');
    const [lines] = section.split('\n## ');
    const listed = [...lines.matchAll(/`([\w.]+)\/?`(?=[,:])/g)].map(([, name]) => name);
    const there = readdirSync(join(folder, 'whole'));
    assert.deepEqual(
      listed.filter((name) => !there.includes(name)),
      [],
    );
    // What a run needs to go on, and what only other programs read.
    const others = ['report.md', 'result.json', 'weights', 'snapshots', 'batches', 'tensorboard', 'journal.index.json'];
    assert.deepEqual(
      there.filter((name) => !listed.includes(name) && !others.includes(name)),
      [],
    );
  });

  test('writes no more than it asks for room', () => {
    const config = parseConfig(text('whole', 'config.yaml'), 'config.yaml');
    const sizes = weightsOf(join(folder, 'whole')).map((file) => statSync(join(folder, 'whole', file)).size);
    const written = sizes.reduce((sum, size) => sum + size, 0);
    const asked = spaceForRun(config, 3);
    assert.ok(written < asked && asked < 20 * written, `${written} bytes written, ${asked} asked for`);
  });

  test('says at the end and in the report what the search and random search took', async () => {
    const { searchProcessorSeconds, randomSearch } = JSON.parse(text('whole', 'result.json')) as RunResult;
    const { candidates = 0, processorSeconds = NaN } = randomSearch ?? {};
    const journal = await readJournal(join(folder, 'whole', 'journal.jsonl'));
    // Each entry of random search's trainings accounts for the time since the one before.
    const trainings = journal.map((entry, at) => {
      if (!('stage' in entry) || !/^train-random-/.test(stageName(entry.stage))) return 0;
      return entry.processorSeconds - journal[at - 1].processorSeconds;
    });
    const sum = trainings.reduce((total, each) => total + each, 0);
    assert.ok(sum > 0 && Math.abs(processorSeconds - sum) < 1e-6, `${processorSeconds} ${sum}`);
    const planned = journal.find((entry) => entry.type === 'randomSearchPlanned');
    assert.equal(searchProcessorSeconds, planned?.searchProcessorSeconds);
    const [search, random] = [searchProcessorSeconds, processorSeconds].map(formatDuration);
    const costs = `search ${search}, random search ${random} (${candidates} candidate${candidates === 1 ? '' : 's'})`;
    assert.ok(whole.stdout.includes(`\ncost    ${costs}, in processor time\n`), whole.stdout);
    assert.ok(text('whole', 'report.md').includes(`\nProcessor time, all trainings included: ${costs}.\n`), costs);
  });

  test('says before the training what the space can reach, and names every stage in plain lines', () => {
    const before = whole.stdout.slice(0, whole.stdout.indexOf('supernet'));
    assert.match(before, /high level: 64 candidates with .* to .* MACs .* met by \d+\.\d\d % of random candidates/);
    for (const stage of [
      'high level, supernet',
      'high level, search',
      'low level, supernet',
      'low level, search',
      'training candidate 2',
      'training the baseline DeiT',
    ]) {
      assert.match(whole.stdout, new RegExp(`^${stage}.*: \\d+ `, 'm'));
      assert.match(whole.stdout, new RegExp(`^${stage}.*: done in `, 'm'));
    }
    assert.ok(!whole.stdout.includes('\u001b') && !whole.stdout.includes('\r'));
  });

  test('leaves tables and curves of every training, and the found network class by class', async () => {
    const journal = await readJournal(join(folder, 'whole', 'journal.jsonl'));
    const steps = journal.filter((entry) => entry.type === 'trainStep');
    const names = new Set(steps.map(({ stage }) => stageName(stage)));
    assert.ok(names.size > 5);
    for (const name of names) {
      const own = steps.filter(({ stage }) => stageName(stage) === name);
      const lines = text('whole', 'trainings', `${name}.csv`).trim().split('\n');
      assert.equal(lines.length, own.length + 1);
      assert.equal(lines[lines.length - 1].split(',')[2], String(own[own.length - 1].loss));
      assert.match(text('whole', 'trainings', `${name}.svg`), /^<svg /);
    }
    const { onnxAccuracy } = JSON.parse(text('whole', 'result.json')) as RunResult;
    const confusion = text('whole', 'test', 'confusion_matrix.csv').trim().split('\n').slice(1);
    const right = confusion.reduce((sum, line, at) => sum + Number(line.split(',')[at + 1]), 0);
    assert.equal(right / 12, onnxAccuracy);
    assert.deepEqual(bytes('whole', 'model', 'onnx', 'model.onnx'), bytes('whole', 'best.onnx'));
    const { id2label } = JSON.parse(text('whole', 'model', 'config.json')) as { readonly id2label: object };
    assert.deepEqual(id2label, { 0: 'blue', 1: 'green', 2: 'red' });
    for (const name of ['confusion_matrix', 'confusion_matrix_normalized', 'mistakes', 'predictions'])
      assert.match(text('whole', 'test', `${name}.svg`), /^<svg /);
  });

  const noTensorBoard = withoutPython('tensorboard');
  test('leaves files in which TensorBoard reads the same values', { skip: noTensorBoard }, async () => {
    const script = `
import json, sys, glob
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
runs = {}
for folder in glob.glob(sys.argv[1] + '/tensorboard/*'):
    events = EventAccumulator(folder).Reload()
    scalars = {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}
    runs[folder.replace('\\\\', '/').split('/')[-1]] = [scalars, events.Tags()['images'], list(events.summary_metadata)]
print(json.dumps(runs))`;
    const run = join(folder, 'whole');
    const output = execFileSync(python, ['-c', script, run], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const runs = JSON.parse(output) as Record<
      string,
      [Record<string, [number, number][]>, readonly string[], readonly string[]]
    >;
    const journal = await readJournal(join(run, 'journal.jsonl'));
    const steps = journal.filter((entry) => entry.type === 'trainStep');
    assert.deepEqual(Object.keys(runs).sort(), [...new Set(steps.map(({ stage }) => stageName(stage)))].sort());
    for (const [name, [scalars, images, others]] of Object.entries(runs)) {
      const own = steps.filter(({ stage }) => stageName(stage) === name);
      assert.deepEqual(
        scalars['training/loss'],
        own.map(({ step, loss }) => [step, Math.fround(loss)]),
      );
      assert.deepEqual(
        scalars['training/learning rate'],
        own.map(({ step, learningRate }) => [step, Math.fround(learningRate)]),
      );
      const held = journal
        .filter((entry) => entry.type === 'evaluation')
        .filter(({ stage }) => stageName(stage) === name);
      assert.deepEqual(
        (scalars['held-out accuracy'] ?? []).map(([, value]) => value),
        held.map(({ accuracy }) => Math.fround(accuracy)),
      );
      assert.deepEqual(images, existsSync(join(run, 'batches', `${name}.png`)) ? ['first batch'] : []);
      assert.deepEqual(others, ['_hparams_/session_start_info']);
    }
  });

  test('leaves a folder in which everything can be read', async () => {
    const config = configSchema.parse(parse(text('whole', 'config.yaml')));
    assert.equal(config.seed, 3);
    const found = parseArchitecture(text('whole', 'architecture.json'), 'architecture.json');
    assert.match(text('whole', 'architecture.svg'), />glit-found<\/text>/);
    assert.equal(found.backbone.classes, 3);
    const [header, ...rows] = text('whole', 'candidates.csv').trimEnd().split('\n');
    assert.match(
      header,
      /^stage,method,id,generation,operator,parents,path,fitness,loss,macs,parameters,memory,front,blocks$/,
    );
    // Two levels, two ways to propose, two generations of six.
    assert.equal(rows.length, 2 * 2 * 12);
    const loss = header.split(',').indexOf('loss');
    for (const row of rows) assert.ok(Number(row.split(',')[loss]) > 0, row);
    const journal = await readJournal(join(folder, 'whole', 'journal.jsonl'));
    assert.equal(journal[0]?.type, 'runStarted');
    assert.equal(journal.at(-1)?.type, 'runFinished');
    assert.equal(journal.filter(({ type }) => type === 'candidateEvaluated').length, rows.length);
    for (const name of [
      'supernet-high',
      'supernet-low',
      'train-found-1',
      'train-found-2',
      'train-deit',
      'train-random-1',
    ]) {
      assert.ok(existsSync(join(folder, 'whole', 'weights', `${name}.safetensors`)), name);
      assert.ok(existsSync(join(folder, 'whole', 'batches', `${name}.png`)), name);
    }
  });

  test('has a report with the comparison, the blocks, the searches and the settings', () => {
    const report = text('whole', 'report.md');
    assert.match(report, /^# glit-found on photos$/m);
    for (const part of [
      '| GLiT, found',
      '## Found architecture',
      '## Search',
      '12 by random',
      '## Images',
      '| training | 38 |',
      '| held out from training | 10 |',
      '| test | 12 |',
      '## Settings',
      'seed: 3',
    ]) {
      assert.ok(report.includes(part), part);
    }
    const { onnxAccuracy } = JSON.parse(text('whole', 'result.json')) as { onnxAccuracy: number };
    assert.ok(report.includes(`**${(100 * onnxAccuracy).toFixed(2)} %** of 12 test images`));
  });

  test('exports a model that plain ONNX Runtime runs with any batch', async () => {
    const model = bytes('whole', 'best.onnx');
    assert.deepEqual(JSON.parse(readMetadata(model)['classes'] ?? ''), ['blue', 'green', 'red']);
    const session = await InferenceSession.create(model);
    for (const batch of [1, 3]) {
      const pixels = new Tensor('float32', new Float32Array(batch * 3 * 64).fill(0.1), [batch, 3, 8, 8]);
      const { logits } = await session.run({ pixel_values: pixels });
      assert.deepEqual(logits?.dims, [batch, 3]);
      assert.ok(Array.from(logits.data as Float32Array).every(Number.isFinite));
    }
    await session.release();
  });

  test('is the same to the last bit with the same seed, another number of threads and nobody who reads its output', async () => {
    const again = [...args, '--out', 'again', '--threads', '1', '--no-baselines', '--json'];
    const child = spawn(process.execPath, [MAIN, ...again], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stderr.resume();
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0);
    assertSameResult(join(folder, 'whole'), join(folder, 'again'));
  });

  test('works on several engines where that was asked for, to the same result', async () => {
    const engines = ['--no-baselines', '--threads', '2', '--engines', '4'];
    const { code, stdout } = await glit(folder, ...args, '--out', 'engines', ...engines);
    assert.equal(code, 0);
    assert.match(stdout, /^4 engines side by side, on 2 threads together$/m);
    assert.equal(stdout.match(/4 engines side by side/g)?.length, 1, 'it is said once');
    assertSameResult(join(folder, 'whole'), join(folder, 'engines'));
  });

  test('is another one with another seed', async () => {
    const { code } = await glit(folder, 'search', ...ofSearch, '--out', 'other', '--seed', '4', '--quiet');
    assert.equal(code, 0);
    assert.ok(!bytes('whole', 'candidates.csv').equals(bytes('other', 'candidates.csv')));
  });

  test('is not written over', async () => {
    const { code, stderr } = await glit(folder, ...args, '--out', 'whole');
    assert.equal(code, 2);
    assert.equal(
      stderr,
      'glit: the run folder whole exists and is not empty; give another with --out, or continue with --resume whole\n',
    );
  });

  test('is what search and retrain do one after the other, in JSON', async () => {
    const searched = await glit(folder, 'search', ...ofSearch, '--out', 'halves', '--json');
    assert.equal(searched.code, 0, searched.stderr);
    const events = searched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.equal(events[0], 'runStarted');
    assert.deepEqual(events.slice(-2), ['runFinished', 'result']);
    assert.ok(bytes('halves', 'candidates.csv').equals(bytes('whole', 'candidates.csv')));
    assert.ok(!existsSync(join(folder, 'halves', 'best.onnx')));

    const retrained = await glit(folder, 'retrain', 'halves', '--top', '2', '--no-baselines', '--json');
    assert.equal(retrained.code, 0, retrained.stderr);
    const [finished, files] = retrained.stdout
      .trimEnd()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line) as { type: string; result: { comparison: unknown[] } });
    assert.equal(finished.type, 'runFinished');
    assert.equal(finished.result.comparison.length, 1);
    assert.deepEqual(files, {
      type: 'result',
      folder: 'halves',
      model: join('halves', 'best.onnx'),
      report: join('halves', 'report.md'),
      page: join('halves', 'report.html'),
    });
    assertSameResult(join(folder, 'whole'), join(folder, 'halves'));

    const changed = await glit(folder, 'retrain', 'halves', '--retrain-steps', '2');
    assert.match(changed.stderr, /^glit: retraining in halves was started with other settings.*\n$/);
    assert.equal(changed.code, 2);
    const foreign = await glit(folder, 'run', '--resume', 'halves');
    assert.match(
      foreign.stderr,
      /^glit: halves was started by glit search; continue with: glit search --resume halves\n$/,
    );
    assert.equal(foreign.code, 2);
  });
});

describe('a search with shared weights', () => {
  const small = ['--depth', '2', '--near-limit', '1', '--set', 'retrain.top=1', '--set', 'retrain.halving=null'];
  const shared = ['--entangled', '--space', 'paper', '--threads', '1', '--quiet'];
  const args = ['--data', 'photos', ...TINY, ...small, ...shared];

  test('takes both levels at once, and the same seed gives the same result', async () => {
    for (const out of ['joint', 'joint-again']) {
      const { code, stderr } = await glit(folder, 'run', ...args, '--no-hierarchy', '--no-baselines', '--out', out);
      assert.equal(code, 0, stderr);
    }
    assertSameResult(join(folder, 'joint'), join(folder, 'joint-again'));
    assert.match(text('joint', 'candidates.csv'), /^search-joint|^joint/m);
    assert.ok(existsSync(join(folder, 'joint', 'weights', 'supernet-joint.safetensors')));
    assert.ok(!existsSync(join(folder, 'joint', 'weights', 'supernet-high.safetensors')));
  });

  test('takes one level after the other, the low one from the weights of the high one', async () => {
    const { code, stderr } = await glit(folder, 'search', ...args, '--out', 'entangled');
    assert.equal(code, 0, stderr);
    const config = configSchema.parse(parse(text('entangled', 'config.yaml')));
    assert.deepEqual([config.space.entangled, config.space.hierarchical], [true, true]);
    for (const level of ['high', 'low']) {
      assert.ok(existsSync(join(folder, 'entangled', 'weights', `supernet-${level}.safetensors`)));
    }
  });
});
