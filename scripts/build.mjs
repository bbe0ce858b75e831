// Compiles the project to dist/: TypeScript with tsc, then the image kernels with asc.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildKernels } from './buildKernels.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

const { status, error } = spawnSync(process.execPath, [compiler, '-p', root], { stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
if (status === 0) {
  try {
    buildKernels();
  } catch (failure) {
    console.error(failure.message);
    process.exitCode = 1;
  }
}
