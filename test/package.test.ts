import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { packageRoot } from './packageRoot.js';

const read = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8');

const lockSchema = z.object({
  name: z.string(),
  version: z.string(),
  packages: z.record(
    z.string(),
    z.looseObject({
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      dev: z.boolean().optional(),
    }),
  ),
});
const manifestSchema = z.object({ name: z.string(), version: z.string(), bin: z.record(z.string(), z.string()) });
const packSchema = z.array(
  z.object({
    filename: z.string(),
    integrity: z.string(),
    unpackedSize: z.number(),
    files: z.array(z.object({ path: z.string() })),
  }),
);
const manifest = manifestSchema.parse(JSON.parse(read('package.json')));

const lock = lockSchema.parse(JSON.parse(read('package-lock.json')));

describe('the package', () => {
  const installed = Object.entries(lock.packages).filter(([location]) => location !== '');

  test('is what its lock file says it is', () => {
    assert.deepEqual([lock.name, lock.version], [manifest.name, manifest.version]);
  });

  test('locks every dependency by its hash and by no address', () => {
    assert.ok(installed.length > 0);
    for (const [location, entry] of installed) {
      assert.match(entry.integrity ?? '', /^sha512-/, location);
      assert.equal(entry.resolved, undefined, `${location} names an address`);
    }
  });

  test('lists the licences of what it installs', () => {
    const { status } = spawnSync(process.execPath, [path.join(packageRoot, 'scripts/licences.mjs'), '--check']);
    assert.equal(status, 0, 'run: node scripts/licences.mjs');
    assert.doesNotMatch(read('docs/licences.md'), /unknown|(?<![L])GPL-\d/);
  });

  // `ignore-scripts` would break a dependency that needs its install script, so check new ones.
  test('needs no install script', () => {
    const scripted = installed.filter(([, entry]) => entry.hasInstallScript === true).map(([location]) => location);
    assert.deepEqual(scripted, [
      'node_modules/esbuild',
      'node_modules/koffi',
      'node_modules/onnxruntime-node',
      'node_modules/onnxruntime-web/node_modules/protobufjs',
    ]);
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  });

  test('has a command that a shell can start', () => {
    for (const file of Object.values(manifest.bin)) assert.match(read(file), /^#!\/usr\/bin\/env node\n/);
  });
});

describe('the packed package', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'glit-package-'));
  const project = path.join(folder, 'project');
  after(() => rmSync(folder, { recursive: true }));
  let packed: z.infer<typeof packSchema>[number];
  before(() => {
    [packed] = packSchema.parse(JSON.parse(npm(packageRoot, 'pack', '--json', '--pack-destination', folder)));
    mkdirSync(project);
    const tarball = `file:../${packed.filename}`;
    const dependencies = { [manifest.name]: tarball };
    const own = { ...lock.packages[''], resolved: tarball, integrity: packed.integrity };
    const locked = Object.entries(lock.packages).filter(([location, { dev }]) => location !== '' && dev !== true);
    const packages = { '': { dependencies }, [`node_modules/${manifest.name}`]: own, ...Object.fromEntries(locked) };
    write('package.json', { private: true, type: 'module', dependencies });
    // With the dependencies locked here, npm finds everything in its cache, where `npm ci` has put it.
    write('package-lock.json', { lockfileVersion: 3, requires: true, packages });
    npm(project, 'ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
  });
  const write = (file: string, content: object): void =>
    writeFileSync(path.join(project, file), JSON.stringify(content));

  test('holds the command and the library, no test and no reference data', () => {
    const files = packed.files.map(({ path: file }) => file);
    for (const file of ['bin/glit.js', 'dist/src/cli/main.js', 'dist/src/index.d.ts', 'README.md', 'LICENSE']) {
      assert.ok(files.includes(file), file);
    }
    assert.deepEqual(
      files.filter((file) => !/^(bin\/|dist\/src\/|[^/]+$)/.test(file) || file.includes('.test.')),
      [],
    );
    assert.ok(packed.unpackedSize < 4_000_000, `${packed.unpackedSize} bytes`);
  });

  test('gives an empty project the library', () => {
    const file = path.join(project, 'use.js');
    writeFileSync(
      file,
      `import { preset, profileOf } from 'glit';
       import { PRESETS } from 'glit/node';
       console.log(profileOf(preset('deit-tiny')).total.parameters, Object.keys(PRESETS).includes('demo'));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    assert.equal(stdout, '5717416 true\n', stderr);
  });

  test('gives an empty project the command', () => {
    assert.equal(npm(project, 'exec', '--offline', '--', 'glit', '--version'), `${manifest.version}\n`);
  });
});

/** Runs the npm that runs the tests, or the one on the path, and returns what it prints. */
function npm(cwd: string, ...args: readonly string[]): string {
  const cli = process.env['npm_execpath'];
  const [command, before] = cli === undefined ? ['npm', []] : [process.execPath, [cli]];
  // Otherwise npm works in the project whose tests it runs.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(cache|registry)$)/i.test(name)),
  );
  const { status, stdout, stderr, error } = spawnSync(command, [...before, ...args], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `npm ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}
