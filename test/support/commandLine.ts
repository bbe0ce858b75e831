import { fork, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Answer, Question } from './commandServer.js';

/** The compiled command line, next to the compiled tests. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `glit` with these arguments in the folder `cwd`, as a process of its own, which also has to end by itself. */
export async function glitProcess(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return ended(start(cwd, args));
}

let server: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * The same without the start of a process: one process answers all calls of a test file, one after another. It keeps the environment
 * that it was first called in.
 */
export function glit(cwd: string, ...args: readonly string[]): Promise<Ended> {
  const answer = last.then(() => ask({ cwd, args }));
  last = answer;
  return answer;
}

function ask(question: Question): Promise<Ended> {
  const asked = server?.connected === true ? server : startServer();
  server = asked;
  // Only a process that is asked keeps the test alive.
  asked.ref();
  asked.channel?.ref();
  return new Promise((resolve) => {
    const settle = (end: Ended): void => {
      asked.off('message', heard).off('exit', gone).unref();
      asked.channel?.unref();
      resolve(end);
    };
    const heard = (answer: Answer): void => settle({ ...answer, signal: null });
    const gone = (code: number | null, signal: NodeJS.Signals | null): void =>
      settle({ code, signal, stdout: '', stderr: '' });
    asked.on('message', heard).on('exit', gone).send(question);
  });
}

function startServer(): ChildProcess {
  const script = fileURLToPath(new URL('./commandServer.js', import.meta.url));
  return fork(script, { cwd: tmpdir(), execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

export interface Interrupted extends Ended {
  /** Seconds from the signal to the end of the process. */
  readonly seconds: number;
}

/** The same with --json; sends `signal` once a line of the output satisfies `when`. */
export function interruptedGlit(
  cwd: string,
  args: readonly string[],
  when: (event: Readonly<Record<string, unknown>>) => boolean,
  signal: NodeJS.Signals = 'SIGINT',
): Promise<Interrupted> {
  return disturbedGlit(cwd, args, when, (child) => void child.kill(signal));
}

/** Runs glit with --json; does `disturb`, once, when a line of the output satisfies `when`. */
export async function disturbedGlit(
  cwd: string,
  args: readonly string[],
  when: (event: Readonly<Record<string, unknown>>) => boolean,
  disturb: (child: ChildProcess) => void,
): Promise<Interrupted> {
  const child = start(cwd, [...args, '--json']);
  let sent: number | undefined;
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    if (sent !== undefined || !lines.some((line) => when(JSON.parse(line) as Record<string, unknown>))) return;
    sent = performance.now();
    disturb(child);
  });
  const end = await ended(child);
  if (sent === undefined) throw new Error(`the moment to interrupt never came: ${end.stderr}`);
  return { ...end, seconds: (performance.now() - sent) / 1000 };
}

function start(cwd: string, args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

const COLOURS = { blue: [40, 60, 200], green: [40, 190, 60], red: [200, 50, 40] } as const;

/** A folder of small images in three classes with different colours, `perClass` of each. */
export async function makePhotos(folder: string, perClass = 20): Promise<void> {
  for (const [name, [red, green, blue]] of Object.entries(COLOURS)) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let index = 0; index < perClass; index++) {
      const background = { r: red + 2 * index, g: green + index, b: blue - 2 * index };
      await sharp({ create: { width: 10 + (index % 3), height: 10, channels: 3, background } })
        .png()
        .toFile(join(folder, name, `${String(index).padStart(2, '0')}.png`));
    }
  }
}

/** Options for a run of seconds on {@link makePhotos}: at least 81 candidates per level, few steps. */
export const TINY = [
  ['device.threads', 1],
  ['data.workers', 0],
  ['data.searchVal', 0.2],
  ['model', '{ imageSize: 8, patchSize: 4, dim: 12, heads: 3, depth: 3 }'],
  ['space.grid', '{ kernels: [3, 5], expansions: [1, 2], dkRatios: [0.5, 1], ffnRatios: [1, 2] }'],
  ['space.defaults', '{ kernel: 3, expansion: 1, dkRatio: 1, ffnRatio: 2 }'],
  ['supernet.steps', 12],
  ['supernet.batchSize', 8],
  ['supernet.augmentation.steps', '[{ step: horizontalFlip, probability: 0.5 }]'],
  ['search.population', 6],
  ['search.generations', 2],
  ['search.calibrationBatches', 2],
  ['search.calibrationBatchSize', 8],
  ['search.evaluationBatchSize', 8],
  ['retrain.halving', '{ contenders: 4, share: 0.5 }'],
  ['retrain.recipe.steps', 12],
  ['retrain.recipe.batchSize', 8],
  ['retrain.recipe.augmentation.steps', '[{ step: horizontalFlip, probability: 0.5 }]'],
].flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** A file with text in a new folder. */
export function writeText(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}
