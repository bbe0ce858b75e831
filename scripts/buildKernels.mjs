// Compiles the image kernels, which are written in AssemblyScript, to WebAssembly in dist/.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = path.join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
const folder = path.join('src', 'image', 'kernels');
const output = path.join('dist', folder, 'kernels.wasm');

const options = ['--enable', 'simd', '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert'];
/**
 * "Exchange of 'v128' values is not supported": a warning about helpers that files export to each other; kernels
 * exchange numbers.
 */
const silenced = ['--disableWarning', '112'];

/** Compiles the kernels if one of their files has changed. Throws a one-line error on failure. */
export function buildKernels() {
  if (isCurrent()) return;
  const entry = path.posix.join(...folder.split(path.sep), 'assembly', 'index.ts');
  const { status, error } = spawnSync(
    process.execPath,
    [compiler, entry, '--outFile', output.replaceAll(path.sep, '/'), ...options, ...silenced],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (error !== undefined) throw new Error(`the compiler of the kernels does not start: ${error.message}`);
  if (status !== 0) throw new Error('the kernels do not compile: correct what the compiler reports above');
}

function isCurrent() {
  const built = statSync(path.join(root, output), { throwIfNoEntry: false });
  const sources = [fileURLToPath(import.meta.url), ...filesIn(path.join(root, folder))];
  return built !== undefined && sources.every((file) => statSync(file).mtimeMs <= built.mtimeMs);
}

/** The files of a folder, and the folder itself, which changes when a file is removed. */
function filesIn(parent) {
  return [parent, ...readdirSync(parent, { recursive: true }).map((file) => path.join(parent, file))];
}
