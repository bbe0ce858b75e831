/** The MPI launchers of the tests: Open MPI's and MPICH's `mpirun`, as Debian installs them side by side. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ended } from './support/commandLine.js';

/** An installed MPI. */
export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly command: string;
  /** What starts `ranks` processes on this machine, however few cores it has. */
  readonly argumentsFor: (ranks: number) => readonly string[];
}

const KNOWN: readonly Launcher[] = [
  {
    name: 'Open MPI',
    command: 'mpirun.openmpi',
    argumentsFor: (ranks) => ['-n', String(ranks), '--oversubscribe', '--allow-run-as-root', '--bind-to', 'none'],
  },
  { name: 'MPICH', command: 'mpirun.mpich', argumentsFor: (ranks) => ['-n', String(ranks)] },
];

export const LAUNCHERS = KNOWN.filter(({ command }) => spawnSync(command, ['--version']).status === 0);

/** Why this machine cannot run a test with these MPIs, or false if it can; the value of a test's `skip` option. */
export function whyNoMpi(names: readonly Launcher['name'][] = KNOWN.map(({ name }) => name)): string | false {
  const missing = names.filter((name) => LAUNCHERS.every((each) => each.name !== name));
  if (missing.length === 0) return false;
  return `not available here: MPI (no ${missing.join(', no ')}; the tests use the Debian packages openmpi-bin and mpich)`;
}

/** Both MPIs, for a test of each: with its launcher, or the reason to skip it. */
export const EACH_MPI = KNOWN.map((launcher) => ({ ...launcher, skip: whyNoMpi([launcher.name]) }));

/** A running job of several ranks. */
export interface RankJob {
  /** The process of the launcher. */
  readonly launcher: ReturnType<typeof spawn>;
  readonly ended: Promise<Ended>;
}

export interface RankOptions {
  readonly ranks?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a script with Node on several ranks. */
export function startRanks(
  { command, argumentsFor }: Launcher,
  script: string,
  args: readonly string[] = [],
  { ranks = 2, cwd, environment }: RankOptions = {},
): RankJob {
  const launcher = spawn(command, [...argumentsFor(ranks), process.execPath, script, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  launcher.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  launcher.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(launcher, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return { launcher, ended };
}

/** The compiled script of test/support/ranks/ with this name. */
export function rankScript(name: string): string {
  return fileURLToPath(new URL(`./support/ranks/${name}.js`, import.meta.url));
}
