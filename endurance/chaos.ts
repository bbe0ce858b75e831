// Kills, interrupts, damages and continues whole pipelines at random moments, and compares each with one that nothing disturbed.
//
//   npm run chaos                      until 100 processes have been killed
//   npm run chaos -- --kills 20 --seed 1
//
// They are killed, asked to end, asked twice, or lose their terminal, and now and then stand still for a while, as when a laptop sleeps. After
// that, sometimes, half a line is added to the journal, the newest snapshot is damaged, or the next process finds a disk without
// room (on Windows not). The exit code is 1 if a process shows a stack, does not end as it should, or the result differs.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seeded, type Rng } from '../src/random/rng.js';
import { stageName, type Stage } from '../src/telemetry/stage.js';
import { MAIN, makePhotos } from '../test/support/commandLine.js';
import { PIPELINES, type Pipeline } from './pipelines.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '0' } },
});
/**
 * What a process gets, one shortly after the other. One that is asked to end leaves a snapshot of its training; one that is killed leaves what
 * was there, and so does one that is asked again before it has ended.
 */
const SIGNALS: readonly (readonly NodeJS.Signals[])[] = [
  ['SIGKILL'],
  ['SIGKILL'],
  ['SIGTERM'],
  ['SIGHUP'],
  ['SIGINT', 'SIGINT'],
];
const BETWEEN_SIGNALS_MS = 50;
const INTERRUPTED = 130;
/** One process in so many stands still before its signal, for longer than between two heartbeats of its lock. */
const SUSPENDED = 6;
const SUSPENDED_MS = 12_000;
const FAULTS = ['half a line in the journal', 'a damaged snapshot', 'a disk without room'] as const;
/** A disturbed pipeline is left alone after this many kills. */
const KILLS_EACH = 6;
/** Blocks of 512 bytes that a file may have on the "disk without room". */
const ROOM = 40;

/** An architecture of a few thousand parameters. */
const SMALL = {
  format: 'glit-architecture/1',
  ...{ imageSize: 8, patchSize: 4, dim: 12, heads: 3, classes: 3 },
  blocks: [
    { globalHeads: 3, localHeads: 0, dkRatio: 1, ffnRatio: 2 },
    { globalHeads: 1, localHeads: 2, kernel: 3, expansion: 1, dkRatio: 1, ffnRatio: 2 },
  ],
};

const root = mkdtempSync(join(tmpdir(), 'glit-chaos-'));
const rng = seeded(`chaos ${values.seed}`);
const stages = new Map<string, number>();
const faults = new Map<string, number>();
const count = (of: Map<string, number>, key: string): void => void of.set(key, (of.get(key) ?? 0) + 1);

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly milliseconds: number;
}

await makePhotos(join(root, 'photos'));
writeFileSync(join(root, 'small.json'), JSON.stringify(SMALL));
let killed = 0;
for (let round = 0; killed < Number(values.kills); round++) {
  const pipeline = PIPELINES[round % PIPELINES.length];
  const whole = `whole-${round % PIPELINES.length}`;
  if (!existsSync(join(root, whole))) expectSuccess(pipeline, await glit(pipeline.begin(whole)));
  const took = await disturb(pipeline, `disturbed-${round}`, rng.fork(round));
  pipeline.compare(join(root, whole), join(root, `disturbed-${round}`));
  rmSync(join(root, `disturbed-${round}`), { recursive: true });
  killed += took;
  console.log(`${pipeline.name}: the same after ${took} kills; ${killed} in all`);
}
rmSync(root, { recursive: true });
console.log(`killed while at: ${listed(stages)}\nfaults besides: ${listed(faults)}`);

/** Begins a pipeline, disturbs and continues it until it ends. Returns the number of kills. */
async function disturb(pipeline: Pipeline, folder: string, random: Rng): Promise<number> {
  let kills = 0;
  let hasRoom = true;
  for (let attempt = 0; ; attempt++) {
    const stream = random.fork(attempt);
    const begun = pipeline.runs.some((run) => existsSync(join(root, folder, run, 'config.yaml')));
    const args = begun ? pipeline.resume(folder) : pipeline.begin(folder);
    const after = kills < KILLS_EACH ? 400 + stream.uniform() * 9000 : undefined;
    const asked = SIGNALS[stream.int(SIGNALS.length)];
    // The first is suspended in any case, so that a short pass has one.
    const isSuspended = process.platform !== 'win32' && (!faults.has('suspended') || stream.int(SUSPENDED) === 0);
    const ended = await glit(args, { after, signals: asked, hasRoom, isSuspended: isSuspended && after !== undefined });
    const { code, signal, stderr, milliseconds } = ended;
    if (signal === null && code !== INTERRUPTED) {
      if (code === 0) return kills;
      if (hasRoom || code !== 2 || !stderr.includes('a file may not become that large here')) {
        throw new Error(`${pipeline.name}: exit code ${code} after ${milliseconds} ms: ${stderr}`);
      }
      hasRoom = true;
      continue;
    }
    if (signal !== null) kills += 1;
    if (signal === null) count(faults, `ended by ${asked[0]}`);
    else count(stages, stageOf(pipeline, folder));
    hasRoom = true;
    const fault = FAULTS[stream.int(2 * FAULTS.length)] as (typeof FAULTS)[number] | undefined;
    if (fault === 'a disk without room') {
      hasRoom = process.platform === 'win32';
      if (!hasRoom) count(faults, fault);
    } else if (fault !== undefined && damage(pipeline, folder, fault)) {
      count(faults, fault);
    }
  }
}

/** Returns whether there was something to damage. */
function damage({ runs }: Pipeline, folder: string, fault: (typeof FAULTS)[number]): boolean {
  const run = runs.findLast((each) => existsSync(join(root, folder, each, 'journal.jsonl')));
  if (run === undefined) return false;
  if (fault === 'half a line in the journal') {
    appendFileSync(join(root, folder, run, 'journal.jsonl'), '{"time":"2026-01-01T00:00:00.000Z","seco');
    return true;
  }
  const snapshots = join(root, folder, run, 'snapshots');
  const [newest] = (existsSync(snapshots) ? readdirSync(snapshots) : [])
    .filter((name) => /^[^.]+\.safetensors$/.test(name))
    .map((name) => join(snapshots, name))
    .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (newest === undefined) return false;
  const bytes = readFileSync(newest);
  bytes[bytes.length - 5] ^= 0x10;
  writeFileSync(newest, bytes);
  return true;
}

/** The stage that the newest journal was in, or between which. */
function stageOf({ runs }: Pipeline, folder: string): string {
  const run = runs.findLast((each) => existsSync(join(root, folder, each, 'journal.jsonl')));
  if (run === undefined) return 'before the start';
  const last = readFileSync(join(root, folder, run, 'journal.jsonl'), 'utf8')
    .split('\n')
    .findLast((line) => line.endsWith('}') && line.includes('"stage":'));
  if (last === undefined) return 'before the first stage';
  const { stage } = JSON.parse(last) as { readonly stage: Stage };
  return stageName(stage).replaceAll(/-?\d+/g, '');
}

interface Circumstances {
  /** Milliseconds until the process gets the signals. */
  readonly after?: number | undefined;
  readonly signals?: readonly NodeJS.Signals[];
  readonly hasRoom?: boolean;
  /** Whether it stands still for a while before that. */
  readonly isSuspended?: boolean;
}

async function glit(
  args: readonly string[],
  { after, signals = [], hasRoom = true, isSuspended = false }: Circumstances = {},
): Promise<Ended> {
  const command = [process.execPath, MAIN, ...args, '--quiet'];
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f ${ROOM}; exec "$@"`, 'sh', ...command];
  const [program, ...rest] = hasRoom ? command : limited;
  const began = performance.now();
  const child = spawn(program, rest, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const over = new AbortController();
  const disturbed = disturbProcess(child, { after, signals, isSuspended }, over.signal);
  const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...ended) => {
      resolve(ended);
    }),
  );
  over.abort();
  await disturbed;
  if (/^\s+at /m.test(stderr)) throw new Error(`a stack is shown: ${stderr}`);
  return { code, signal, stderr, milliseconds: Math.round(performance.now() - began) };
}

/** Does to a process what its circumstances say, until it is over. */
async function disturbProcess(
  child: ChildProcess,
  { after, signals = [], isSuspended = false }: Circumstances,
  signal: AbortSignal,
): Promise<void> {
  if (after === undefined) return;
  try {
    await wait(after, undefined, { signal });
    if (isSuspended) {
      child.kill('SIGSTOP');
      count(faults, 'suspended');
      await wait(SUSPENDED_MS, undefined, { signal });
      child.kill('SIGCONT');
      await wait(after, undefined, { signal });
    }
    for (const each of signals) {
      child.kill(each);
      await wait(BETWEEN_SIGNALS_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function expectSuccess({ name }: Pipeline, { code, stderr }: Ended): void {
  if (code !== 0) throw new Error(`${name} undisturbed: exit code ${code}: ${stderr}`);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
