import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { packageRoot } from './packageRoot.js';

const BUILDING = 'glit: building dist/ from src/, once after each change …\n';

const PAGE = 'src/dashboard/page';

/** What a build reads, besides the line of {@link writeMain}: the project's launcher, build and kernels. */
const PARTS = [
  ...['bin/glit.js', 'package.json', 'tsconfig.json'],
  ...['build', 'buildKernels', 'buildPage'].map((name) => `scripts/${name}.mjs`),
  ...['src/image/kernels/assembly', 'src/image/kernels/layout.ts'],
  ...['tsconfig.json', 'page.html'].map((name) => `${PAGE}/${name}`),
];

/** A clone whose command line is one line, and whose dashboard is an empty page. */
function makeClone(): string {
  const clone = emptyClone();
  for (const part of PARTS) cpSync(join(packageRoot, part), join(clone, part), { recursive: true });
  mkdirSync(join(clone, 'src/cli'), { recursive: true });
  writeFileSync(join(clone, PAGE, 'main.tsx'), 'export {};\n');
  writeFileSync(join(clone, PAGE, 'style.css'), '');
  writeMain(clone, "console.log('said', process.argv.slice(2).join(' '));");
  return clone;
}

/** A copy of a clone that was built, as if it had been built here. */
async function copyOf(built: string): Promise<string> {
  const clone = emptyClone();
  for (const name of ['bin', 'dist', 'package.json', 'scripts', 'src', 'tsconfig.json']) {
    cpSync(join(built, name), join(clone, name), { recursive: true });
  }
  // The time stamps of files are coarse: this one is later than those of the copies, and earlier than those of changes.
  const now = new Date(Date.now() + 20);
  utimesSync(join(clone, 'dist/.built'), now, now);
  await setTimeout(100);
  return clone;
}

function emptyClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'glit-launcher-'));
  clones.push(clone);
  symlinkSync(join(packageRoot, 'node_modules'), join(clone, 'node_modules'), 'junction');
  return clone;
}

function writeMain(clone: string, main: string): void {
  writeFileSync(join(clone, 'src/cli/main.ts'), `${main}\nexport {};\n`);
}

async function launch(clone: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(clone, 'bin/glit.js'), 'a', 'b'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[code: number]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}

type Launched = Awaited<ReturnType<typeof launch>>;

const clones: string[] = [];
const built = makeClone();
let first: Launched;
before(async () => {
  first = await launch(built);
});
after(() => clones.forEach((clone) => rmSync(clone, { recursive: true })));

describe('the launcher in a clone', () => {
  test('builds before the first run, and then only runs', async () => {
    assert.deepEqual(first, { code: 0, stdout: 'said a b\n', stderr: BUILDING });
    assert.deepEqual(await launch(built), { code: 0, stdout: 'said a b\n', stderr: '' });
    assert.deepEqual(await launch(await copyOf(built)), { code: 0, stdout: 'said a b\n', stderr: '' });
  });

  test('says that a build failed, runs nothing, and builds again next time', async () => {
    const clone = await copyOf(built);
    writeMain(clone, "const text: string = 1; console.log('ran', text);");
    for (let time = 1; time <= 2; time++) {
      const { code, stdout, stderr } = await launch(clone);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /main\.ts.*TS2322[\s\S]*\nglit: the build failed: .*\n$/);
    }
    writeMain(clone, "console.log('repaired');");
    writeFileSync(join(clone, 'src/other.ts'), 'export const other = 1;');
    assert.deepEqual(await launch(clone), { code: 0, stdout: 'repaired\n', stderr: BUILDING });
    assert.ok(existsSync(join(clone, 'dist/src/other.js')));
    rmSync(join(clone, 'src/other.ts'));
    assert.equal((await launch(clone)).stderr, BUILDING);
    assert.ok(!existsSync(join(clone, 'dist/src/other.js')));
  });

  test('builds the image kernels again when the way to build them changes', async () => {
    const clone = await copyOf(built);
    const kernels = join(clone, 'dist/src/image/kernels/kernels.wasm');
    const script = join(clone, 'scripts/buildKernels.mjs');
    const before = readFileSync(kernels);
    writeFileSync(script, readFileSync(script, 'utf8').replace("'--optimizeLevel', '3'", "'--optimizeLevel', '0'"));
    assert.deepEqual(await launch(clone), { code: 0, stdout: 'said a b\n', stderr: BUILDING });
    assert.notDeepEqual(readFileSync(kernels), before);
  });

  test('started several times at once builds once and all run', async () => {
    const clone = makeClone();
    const ends = await Promise.all([1, 2, 3].map(() => launch(clone)));
    for (const { code, stdout } of ends) assert.deepEqual([code, stdout], [0, 'said a b\n']);
    assert.equal(ends.map(({ stderr }) => stderr).join(''), BUILDING);
  });

  test('takes over from a build that was killed', async () => {
    const clone = makeClone();
    mkdirSync(join(clone, 'dist'));
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(gone, 'close');
    writeFileSync(join(clone, 'dist/.building'), String(gone.pid));
    assert.deepEqual(await launch(clone), { code: 0, stdout: 'said a b\n', stderr: BUILDING });
  });

  test('says that packages are missing', async () => {
    const clone = makeClone();
    rmSync(join(clone, 'node_modules'));
    const { code, stderr } = await launch(clone);
    assert.deepEqual([code, stderr], [1, `${BUILDING}glit: TypeScript is not installed: run \`npm ci\` first\n`]);
  });
});

test('the launcher of an installed package, which has no src/, runs what is there', async () => {
  const clone = await copyOf(built);
  rmSync(join(clone, 'src'), { recursive: true });
  rmSync(join(clone, 'scripts'), { recursive: true });
  utimesSync(join(clone, 'dist/.built'), new Date(0), new Date(0));
  assert.deepEqual(await launch(clone), { code: 0, stdout: 'said a b\n', stderr: '' });
});
