import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { glitArchitecture } from '../src/family/glit/architecture.js';
import { block } from '../src/family/glit/block.js';
import { formatArchitecture } from '../src/family/codec.js';
import { readJournal, type Entry } from '../src/telemetry/journal.js';
import { stageName } from '../src/telemetry/stage.js';
import { EACH_MPI, rankScript, startRanks, type Launcher } from './mpi.js';
import { glit, MAIN, makePhotos, TINY, writeText, type Ended } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-ranks-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

const [openMpi, mpich] = EACH_MPI;

const SMALL = ['search', '--data', 'photos', ...TINY, '--depth', '2'];
const ONE_LEVEL = ['--space', 'high'];

/** Settings of a search whose steps two ranks can share, in seconds. */
function searching(steps: number): readonly string[] {
  const settings = ['supernet.batchSize=4', 'supernet.accumulate=2', `supernet.steps=${steps}`];
  return [...SMALL, ...settings.flatMap((each) => ['--set', each])];
}

function onRanks(launcher: Launcher, ranks: number, ...args: readonly string[]): Promise<Ended> {
  return startRanks(launcher, MAIN, args, { ranks, cwd: folder }).ended;
}

/** glit's own lines on stderr; launchers have more to say. */
function linesOf({ stderr }: Ended): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('glit: ') && !line.startsWith('glit: warning: '));
}

async function lossesOf(run: string, stage: string): Promise<ReadonlyMap<number, number>> {
  const journal = await readJournal(join(folder, run, 'journal.jsonl'));
  const steps = journal.filter((entry): entry is Entry & { type: 'trainStep' } => entry.type === 'trainStep');
  // A step that was done again after a kill counts as it was then.
  return new Map(steps.filter((entry) => stageName(entry.stage) === stage).map(({ step, loss }) => [step, loss]));
}

/** A process that ends between two steps does not report the last one, so `found` may lack some. */
function assertSameLosses(found: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>): void {
  assert.ok(found.size > 0.9 * expected.size, `${found.size} of ${expected.size} steps`);
  for (const [step, loss] of found) {
    const other = Number(expected.get(step));
    assert.ok(Math.abs(other - loss) < 1e-4, `step ${step}: ${other} and ${loss}`);
  }
}

describe('glit on two ranks', { skip: openMpi.skip }, () => {
  test('searches as one process does, with smaller batches where a step has only one; only rank 0 speaks and writes', async () => {
    const [together, alone] = [
      await onRanks(openMpi, 2, ...SMALL, ...ONE_LEVEL, '--out', 'together'),
      await glit(folder, ...searching(12), ...ONE_LEVEL, '--out', 'alone'),
    ];
    assert.equal(together.code, 0, together.stderr);
    assert.equal(alone.code, 0, alone.stderr);
    assert.match(together.stdout, /2 ranks, \d+ threads? each/);
    assert.equal(together.stdout.match(/written to/g)?.length, 1);
    assert.equal(together.stderr.match(/photos has no test split/g)?.length, 1);
    const files = (run: string): readonly string[] =>
      (readdirSync(join(folder, run), { recursive: true }) as string[]).sort();
    assert.deepEqual(files('together'), files('alone'));
    assertSameLosses(await lossesOf('together', 'supernet-high'), await lossesOf('alone', 'supernet-high'));
    assert.match(
      readFileSync(join(folder, 'together', 'config.yaml'), 'utf8'),
      /supernet:\n {2}steps: 12\n {2}batchSize: 4\n {2}accumulate: 2\n/,
    );
  });

  test('score the candidates of finished supernets exactly as one process does', async () => {
    mkdirSync(join(folder, 'again'));
    for (const each of ['config.yaml', 'weights']) {
      cpSync(join(folder, 'alone', each), join(folder, 'again', each), { recursive: true });
    }
    const { code, stderr } = await onRanks(openMpi, 2, 'search', '--resume', 'again');
    assert.equal(code, 0, stderr);
    for (const file of ['candidates.csv', 'architecture.json']) {
      assert.equal(
        readFileSync(join(folder, 'again', file), 'utf8'),
        readFileSync(join(folder, 'alone', file), 'utf8'),
      );
    }
  });

  test('say what to set where batches cannot be made smaller', async () => {
    const three = await onRanks(openMpi, 3, ...SMALL, ...ONE_LEVEL, '--out', 'three');
    assert.equal(three.code, 2);
    assert.deepEqual(linesOf(three), [
      'glit: supernet.accumulate is 1, which 3 ranks cannot share equally, nor supernet.batchSize, 8; set ' +
        'supernet.accumulate to a multiple of 3, or start a number of ranks that divides 1',
    ]);
    assert.ok(!existsSync(join(folder, 'three')));
    const resumed = await onRanks(openMpi, 3, 'search', '--resume', 'alone');
    assert.deepEqual(
      [resumed.code, ...linesOf(resumed)],
      [
        2,
        'glit: supernet.accumulate is 2 in this run, which 3 ranks cannot share equally; continue it with a number of ranks that divides 2',
      ],
    );
  });

  test('retrain what one process has searched, with smaller batches', async () => {
    const searched = await glit(folder, ...SMALL, ...ONE_LEVEL, '--out', 'searched');
    assert.equal(searched.code, 0, searched.stderr);
    const { code, stderr } = await onRanks(openMpi, 2, 'retrain', 'searched', '--top', '1', '--no-baselines');
    assert.equal(code, 0, stderr);
    const config = readFileSync(join(folder, 'searched', 'config.yaml'), 'utf8');
    assert.match(config, /supernet:\n {2}steps: 12\n {2}batchSize: 8\n {2}accumulate: 1\n/);
    assert.match(config, /recipe:\n {4}steps: \d+\n {4}batchSize: 4\n {4}accumulate: 2\n/);
    assert.ok(existsSync(join(folder, 'searched', 'best.onnx')));
  });

  test('report an error that all ranks have once, and an MPI that is not there', async () => {
    const missing = await onRanks(openMpi, 2, 'search', '--data', 'nowhere', '--out', 'none');
    assert.equal(missing.code, 2);
    assert.deepEqual(linesOf(missing), ['glit: nowhere does not exist: check the path of the image folder']);
    const options = { cwd: folder, environment: { GLIT_MPI: '/nowhere/libmpi.so' } };
    const noMpi = await startRanks(openMpi, MAIN, ['search', '--data', 'photos', '--out', 'none'], options).ended;
    assert.equal(noMpi.code, 2);
    assert.equal(linesOf(noMpi).length, 1);
    assert.match(
      linesOf(noMpi)[0],
      /started 2 processes, but there is no MPI library \(\/nowhere\/libmpi.so: .*; install/,
    );
    const study = await onRanks(openMpi, 2, 'ablate', '--data', 'photos', '--out', 'none');
    assert.equal(study.code, 2);
    assert.equal(linesOf(study).length, 1);
    assert.match(linesOf(study)[0], /glit ablate works as one process, but Open MPI's mpirun started several/);
    const table = await onRanks(openMpi, 2, 'latency', 'measure', '--out', 'none');
    assert.equal(table.code, 2);
    assert.match(linesOf(table).join('\n'), /^glit: glit latency measure works as one process, but .*$/);
    assert.ok(!existsSync(join(folder, 'none')));
  });
});

/** The process of a rank of a job that runs in `folder`. */
function processOf(rank: number): number {
  const found = readdirSync('/proc').filter((id) => {
    try {
      if (!/^\d+$/.test(id) || readlinkSync(`/proc/${id}/cwd`) !== folder) return false;
      const variables = readFileSync(`/proc/${id}/environ`, 'utf8').split('\0');
      return variables.some((each) => each === `OMPI_COMM_WORLD_RANK=${rank}` || each === `PMI_RANK=${rank}`);
    } catch {
      return false; // ended meanwhile, or another user's
    }
  });
  assert.equal(found.length, 1, `${found.length} processes are rank ${rank}`);
  return Number(found[0]);
}

/** Whether a process is there and not only waiting for its parent to ask how it ended. */
function isRunning(id: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${id}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a run is within a stage, and then for what it needs to have something to lose. */
async function under(run: string, stage: string): Promise<void> {
  const file = join(folder, run, 'journal.jsonl');
  for (;;) {
    // A run that ended before does not keep the test waiting.
    await setTimeout(50, undefined, { ref: false });
    if (!existsSync(file)) continue;
    const journal = await readJournal(file);
    const within = journal.filter((entry) => 'stage' in entry && stageName(entry.stage) === stage);
    if (within.length > 6) return;
  }
}

describe('a run whose ranks are killed', { skip: openMpi.skip || mpich.skip }, () => {
  const args = [...searching(60), '--set', 'search.population=12', '--set', 'search.calibrationBatches=10'];
  const kills: readonly (readonly [Launcher, number, number, string])[] = [
    [openMpi, 2, 1, 'supernet-high'],
    [mpich, 2, 0, 'search-high'],
    [openMpi, 2, 1, 'supernet-low'],
  ];
  kills.forEach(([launcher, ranks, victim, stage], at) => {
    test(`ends everywhere: rank ${victim} of ${launcher.name} within ${stage}`, async () => {
      const command = at === 0 ? [...args, '--out', 'killed'] : ['search', '--resume', 'killed'];
      const { ended } = startRanks(launcher, MAIN, command, { ranks, cwd: folder });
      await Promise.race([under('killed', stage), ended]);
      const others = [0, 1].filter((rank) => rank !== victim).map(processOf);
      process.kill(processOf(victim), 'SIGKILL');
      const killed = performance.now();
      const { code } = await ended;
      assert.notEqual(code, 0);
      while (others.some(isRunning)) await setTimeout(50);
      const seconds = (performance.now() - killed) / 1000;
      assert.ok(seconds < 10, `${seconds} s`);
    });
  });

  test('goes on with another number of ranks, as if nothing had been', async () => {
    const [resumed, straight] = [
      await glit(folder, 'search', '--resume', 'killed', '--quiet'),
      await glit(folder, ...args, '--out', 'straight', '--quiet'),
    ];
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(straight.code, 0, straight.stderr);
    assertSameLosses(await lossesOf('killed', 'supernet-high'), await lossesOf('straight', 'supernet-high'));
    assert.ok(existsSync(join(folder, 'killed', 'candidates.csv')));
  });
});

describe('a run on two ranks that is asked to stop', { skip: openMpi.skip }, () => {
  test('saves where it is, and goes on from there', async () => {
    // Long enough that the signals come before its end.
    const args = [...searching(1500), ...ONE_LEVEL, '--out', 'stopped'];
    const { ended } = startRanks(openMpi, MAIN, args, { cwd: folder });
    await Promise.race([under('stopped', 'supernet-high'), ended]);
    const refused = await onRanks(openMpi, 2, 'search', '--resume', 'stopped');
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(
      linesOf(refused).join('\n'),
      /^glit: stopped is in use by glit search on \S+ \(process \d+, since .*$/,
    );
    for (const rank of [1, 0]) process.kill(processOf(rank), 'SIGINT');
    assert.equal((await ended).code, 130);
    const snapshots = readdirSync(join(folder, 'stopped', 'snapshots')).filter((name) => !name.includes('.rollback.'));
    assert.deepEqual(snapshots, ['supernet-high.safetensors']);
    const journal = await readJournal(join(folder, 'stopped', 'journal.jsonl'));
    assert.equal(journal.at(-1)?.type, 'runInterrupted');
    const { code, stderr } = await onRanks(openMpi, 2, 'search', '--resume', 'stopped');
    assert.equal(code, 0, stderr);
    const steps = [...(await lossesOf('stopped', 'supernet-high')).keys()];
    assert.ok(steps.length >= 1499 && steps.at(-1) === 1500, String(steps));
  });

  test('leaves rank 0 the time to save, also when only the other got the signal', async () => {
    const { code, stdout, stderr } = await startRanks(openMpi, rankScript('slowToSave')).ended;
    assert.equal(code, 130, stderr);
    assert.match(stdout, /rank 0 has saved/);
  });
});

describe('a rank with other files', { skip: openMpi.skip }, () => {
  const places = ['one', 'two'].map((name) => join(folder, name));
  const crops = '{ scale: [0.5, 1], ratio: [1, 1] }';
  const args = [
    ...searching(2000),
    ...ONE_LEVEL,
    '--set',
    `supernet.augmentation.randomResizedCrop=${crops}`,
    '--out',
    'run',
  ];
  /** Each rank in a folder of its own, as on machines without a common file system. */
  const apart = (ofFirst: readonly string[]): Launcher => ({
    ...openMpi,
    argumentsFor: () => {
      const [first, second] = places.map((place) => ['-n', '1', '--wdir', place]);
      const options = ['--oversubscribe', '--allow-run-as-root', '--bind-to', 'none'];
      return [...options, ...first, process.execPath, MAIN, ...ofFirst, ':', ...second];
    },
  });
  before(async () => {
    for (const place of places) await makePhotos(join(place, 'photos'));
  });

  test('that has another architecture says so', { timeout: 60_000 }, async () => {
    const backbone = { imageSize: 8, patchSize: 4, dim: 12, heads: 3, classes: 3 };
    for (const [at, kernel] of [3, 5].entries()) {
      const blocks = Array.from({ length: 3 }, () => block({ globalHeads: 1, localHeads: 2, kernel }));
      writeText(places[at], 'network.json', formatArchitecture(glitArchitecture({ backbone, blocks })));
    }
    const training = ['train', 'network.json', '--data', 'photos', ...TINY, '--out', 'train'];
    const end = await startRanks(apart(training), MAIN, training, { cwd: folder }).ended;
    assert.equal(end.code, 2);
    assert.match(
      linesOf(end).join('\n'),
      /^glit: rank 1 of 2: the architecture of rank 1 is not that of rank 0; give all machines the same files/,
    );
  });

  test('and a number of threads of its own works as well', { timeout: 120_000 }, async () => {
    const own = [...searching(12), ...ONE_LEVEL, '--out', 'threads'];
    const at = own.indexOf('device.threads=1');
    const { code, stderr } = await startRanks(apart(own.toSpliced(at - 1, 2)), MAIN, own, { cwd: folder }).ended;
    assert.equal(code, 0, stderr);
  });

  test('that loses them ends all, with one line', async () => {
    const { ended } = startRanks(apart(args), MAIN, args, { cwd: folder });
    await Promise.race([under(join('one', 'run'), 'supernet-high'), ended]);
    rmSync(join(places[1], 'photos'), { recursive: true });
    const lost = performance.now();
    const end = await ended;
    const seconds = (performance.now() - lost) / 1000;
    assert.equal(end.code, 2, end.stderr);
    const own = linesOf(end).filter((line) => line.startsWith('glit: rank 1 of 2: '));
    assert.equal(own.length, 1, end.stderr);
    assert.match(own[0], /read/);
    assert.ok(seconds < 10, `${seconds} s`);
    assert.ok(!existsSync(join(places[1], 'run')));
  });

  test('that does not begin with the same ones says so', async () => {
    await makePhotos(join(places[1], 'photos'), 19);
    rmSync(join(places[0], 'run'), { recursive: true, force: true });
    const end = await startRanks(apart(args), MAIN, args, { cwd: folder }).ended;
    assert.equal(end.code, 2);
    assert.match(
      linesOf(end).join('\n'),
      /^glit: rank 1 of 2: the data set of rank 1 is not that of rank 0 \(3 classes, .* here, .* there\); give all/,
    );
  });
});
