import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { configSchema } from '../src/config/config.js';
import { readJournal } from '../src/telemetry/journal.js';
import { stageName, type Stage } from '../src/telemetry/stage.js';
import { glit, interruptedGlit, MAIN, makePhotos, TINY } from './support/commandLine.js';
import { assertSameResult, assertSameRun, weightsOf } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-interruption-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

type EventFields = Readonly<Record<string, unknown>>;

function nameOf({ stage }: EventFields): string | undefined {
  return stage === undefined ? undefined : stageName(stage as Stage);
}

/** Recognises an event of a stage that is under way. */
function isWithin(stage: string, type: string): (event: EventFields) => boolean {
  return (event) => event['type'] === type && nameOf(event) === stage && Number(event['step'] ?? event['done']) > 3;
}

describe('an interrupted run', () => {
  // Enough steps and candidates that the signal arrives during the stage.
  const longer = [
    'supernet.steps=150',
    'search.population=24',
    'search.calibrationBatches=20',
    'retrain.top=1',
    'retrain.halving=null',
    'retrain.recipe.steps=150',
    'retrain.baselines=false',
  ];
  const args = ['run', '--data', 'photos', ...TINY, ...longer.flatMap((each) => ['--set', each])];
  const resume = ['run', '--resume', 'stopped'];
  const moments: readonly (readonly [
    what: string,
    args: readonly string[],
    type: string,
    stage: string,
    signal: NodeJS.Signals,
  ])[] = [
    ['the training of a supernet', [...args, '--out', 'stopped'], 'trainStep', 'supernet-high', 'SIGINT'],
    ['a search', resume, 'candidateEvaluated', 'search-high', 'SIGTERM'],
    ['the search of the low level', resume, 'candidateEvaluated', 'search-low', 'SIGHUP'],
    ['a retraining', resume, 'trainStep', 'train-found-1', 'SIGINT'],
  ];
  for (const [what, command, type, stage, signal] of moments) {
    test(`stops within ${what}, cleanly, and says how to continue`, async () => {
      const { code, stderr, seconds } = await interruptedGlit(folder, command, isWithin(stage, type), signal);
      assert.equal(code, 130);
      assert.match(stderr, /glit: interrupted; continue with: glit run --resume stopped\n$/);
      assert.ok(seconds < 2, `${seconds} s`);
      configSchema.parse(parse(readFileSync(join(folder, 'stopped', 'config.yaml'), 'utf8')));
      const journal = await readJournal(join(folder, 'stopped', 'journal.jsonl'));
      assert.equal(journal.at(-1)?.type, 'runInterrupted');
      assert.ok(!journal.some((event) => event.type === 'stageFinished' && stageName(event.stage) === stage));
      assert.ok(!existsSync(join(folder, 'stopped', 'best.onnx')));
    });
  }

  test('ends, when resumed, exactly like one that was never interrupted', async () => {
    const [resumed, whole] = [
      await glit(folder, ...resume, '--quiet'),
      await glit(folder, ...args, '--out', 'straight', '--quiet'),
    ];
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(whole.code, 0, whole.stderr);
    assertSameResult(join(folder, 'straight'), join(folder, 'stopped'));
    // Each search was continued once; after its end, no process starts it again.
    const journal = await readJournal(join(folder, 'stopped', 'journal.jsonl'));
    for (const stage of ['search-high', 'search-low']) {
      const events = journal.filter((event) => nameOf(event as unknown as EventFields) === stage);
      assert.equal(events.filter(({ type }) => type === 'stageStarted').length, 2, stage);
      assert.equal(events.filter(({ type }) => type === 'stageFinished').length, 1, stage);
    }
  });

  test('says what to do when weights that it has left are damaged', async () => {
    truncateSync(join(folder, 'stopped', 'weights', 'supernet-high.safetensors'), 1000);
    const { code, stderr } = await glit(folder, ...resume, '--quiet');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /glit: .*supernet-high\.safetensors cannot be read .* Remove \S+supernet-high\.safetensors, and continue: supernet-high is then trained again\.\n$/,
    );
  });

  test('that has not begun leaves nothing behind', async () => {
    // Making the built-in images takes a moment. The signal is handled after it, and no folder is created before.
    const making = (event: EventFields): boolean => nameOf(event) === 'images';
    const { code, stderr } = await interruptedGlit(folder, ['demo', '--out', 'unborn'], making);
    assert.equal(code, 130);
    assert.equal(stderr, 'glit: interrupted; nothing was written\n');
    assert.ok(!existsSync(join(folder, 'unborn')));
  });

  test('ends at once when it is interrupted a second time', async () => {
    const interruption = new URL('../src/cli/interruption.js', import.meta.url).href;
    const waiting = `(await import(${JSON.stringify(interruption)})).listenForInterruption().signal.addEventListener('abort', () => console.log('asked')); setInterval(() => undefined, 1000); console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', waiting], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', () => child.kill('SIGINT'));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.deepEqual([code, signal], [null, 'SIGINT']);
  });
});

describe('output that cannot be written', () => {
  test('does not end the work when the terminal was closed', async () => {
    const output = JSON.stringify(new URL('../src/cli/output.js', import.meta.url).href);
    const script = `(await import(${output})).surviveLostOutput();
      process.stdout.emit('error', Object.assign(new Error('write EIO'), { code: 'EIO' }));
      process.exitCode = 0;`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(stderr, '');
  });

  test('is reported at the end, not in the midst of the work, when the disk is full', async () => {
    // Only Linux has a file that is always full.
    if (!existsSync('/dev/full')) return;
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, 'profile', 'deit-tiny'], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    assert.ok(child.stderr !== null);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(stderr, /^glit: some of the output could not be written \(ENOSPC: .*\); write it elsewhere\n$/);
  });
});

describe('a run that ends in the midst of choosing between networks', () => {
  const settings = [
    'retrain.halving={ contenders: 2, share: 1 }',
    'retrain.recipe.steps=150',
    // By default, as many as the search's processor time is enough for.
    'retrain.randomCandidates=2',
  ];
  const small = ['--space', 'high', '--depth', '2', '--top', '1'];
  const args = ['run', '--data', 'photos', ...TINY, ...small, ...settings.flatMap((each) => ['--set', each])];
  const resume = ['run', '--resume', 'chosen'];

  const ends: readonly (readonly [args: readonly string[], stage: string, signal: NodeJS.Signals])[] = [
    [[...args, '--out', 'chosen'], 'train-found-round-0-1', 'SIGINT'],
    // The same training: it went on from its snapshot, and must do so again.
    [[...resume, '--engines', '1'], 'train-found-round-0-1', 'SIGKILL'],
    [[...resume, '--engines', '2', '--threads', '2'], 'train-random-round-0-1', 'SIGINT'],
    // Here there is no snapshot.
    [resume, 'train-random-1', 'SIGKILL'],
  ];
  for (const [command, stage, signal] of ends) {
    test(`leaves ${stage} unfinished at ${signal}`, async () => {
      const ended = await interruptedGlit(folder, command, isWithin(stage, 'trainStep'), signal);
      if (signal === 'SIGKILL') assert.equal(ended.signal, signal);
      else assert.equal(ended.code, 130, ended.stderr);
      assert.ok(!weightsOf(join(folder, 'chosen')).includes(`weights/${stage}.safetensors`));
      const snapshot = join(folder, 'chosen', 'snapshots', `${stage}.safetensors`);
      assert.equal(existsSync(snapshot), stage !== 'train-random-1');
    });
  }

  test('ends, when resumed, with the models and tables of one that never ended early', async () => {
    const [resumed, whole] = [
      await glit(folder, ...resume, '--quiet'),
      await glit(folder, ...args, '--out', 'unbroken', '--quiet'),
    ];
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(whole.code, 0, whole.stderr);
    assertSameRun(join(folder, 'unbroken'), join(folder, 'chosen'));
    assert.deepEqual(readdirSync(join(folder, 'chosen', 'snapshots')), []);
  });
});
