// Compiles the project to dist/: TypeScript with tsc, then the image kernels with asc and the dashboard's page with esbuild. `npm run build`, `npm test` and
// the launcher bin/glit.js all use this.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildKernels } from './buildKernels.mjs';
import { buildPage, pageProject } from './buildPage.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
/** What the command in dist/ is made from, and how. */
const sources = ['src', 'tsconfig.json', 'scripts/build.mjs', 'scripts/buildKernels.mjs', 'scripts/buildPage.mjs'].map(
  (each) => path.join(root, each),
);
/** Its time stamp is the start of the last successful build: later changes are not in dist/ yet. */
const stamp = path.join(dist, '.built');
/** The lock of the building process; it contains that process's id. */
const lock = path.join(dist, '.building');
/** An older lock was left behind by a process whose id has been reused. */
const LONGEST_BUILD_MS = 15 * 60_000;

/** Builds. On failure throws a one-line error, after the compiler's output on stderr. */
export async function build() {
  await withLock(compile);
}

/** Builds if a source has changed since the last build, after calling `beforeBuilding`. Throws like `build`. */
export async function buildIfStale(beforeBuilding) {
  if (isCurrent()) return;
  await withLock(async () => {
    if (isCurrent()) return; // another process has built meanwhile
    beforeBuilding();
    await compile();
  });
}

function isCurrent() {
  const built = statSync(stamp, { throwIfNoEntry: false });
  return built !== undefined && Math.max(...sources.map(lastChange)) <= built.mtimeMs;
}

/** The time of the last change of a file, or in a folder. Folders count too: they change when a file is removed. */
function lastChange(entry) {
  const status = statSync(entry);
  const inside = status.isDirectory() ? readdirSync(entry).map((name) => lastChange(path.join(entry, name))) : [];
  return Math.max(status.mtimeMs, ...inside);
}

async function compile() {
  if (!existsSync(compiler)) throw new Error('TypeScript is not installed: run `npm ci` first');
  const start = new Date();
  // stdout is for the command line's own output, so the build must not write there.
  for (const project of [root, pageProject]) {
    const { status, error } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: ['ignore', 2, 2] });
    if (error !== undefined) throw new Error(`the compiler does not start: ${error.message}`);
    if (status !== 0)
      throw new Error(
        'the build failed: correct what the compiler reports above, or run `npm ci` if packages are missing',
      );
  }
  buildKernels();
  await buildPage();
  removeLeftovers();
  writeFileSync(stamp, '');
  utimesSync(stamp, start, start);
}

/** Removes outputs of deleted sources; imports, tests and `npm pack` would still find them. */
function removeLeftovers() {
  for (const file of readdirSync(dist, { recursive: true })) {
    const source = file.replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (source !== file && !existsSync(path.join(root, source))) rmSync(path.join(dist, file));
  }
}

/** Runs `work` while no other process builds. */
async function withLock(work) {
  mkdirSync(dist, { recursive: true });
  while (!takeLock()) await setTimeout(100);
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (isAbandoned()) rmSync(lock, { force: true });
  return false;
}

function isAbandoned() {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LONGEST_BUILD_MS) return true;
    const holder = Number(readFileSync(lock, 'utf8'));
    if (holder === 0) return false; // the file is there, its content not yet
    process.kill(holder, 0);
    return false;
  } catch (error) {
    // ESRCH: there is no such process. ENOENT: the lock has just been given back. EPERM: the process is another user's.
    return error.code === 'ESRCH';
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
