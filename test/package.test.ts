import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { packageRoot } from './packageRoot.js';

const read = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8');

const lockSchema = z.object({
  name: z.string(),
  version: z.string(),
  packages: z.record(
    z.string(),
    z.object({
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      dev: z.boolean().optional(),
    }),
  ),
});
const manifestSchema = z.object({ name: z.string(), version: z.string(), bin: z.record(z.string(), z.string()) });

describe('the package', () => {
  const manifest = manifestSchema.parse(JSON.parse(read('package.json')));
  const lock = lockSchema.parse(JSON.parse(read('package-lock.json')));
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

  // A dependency that starts to need its install script would be broken by `ignore-scripts`, so a new one is looked at.
  test('needs no install script', () => {
    const scripted = installed.filter(([, entry]) => entry.hasInstallScript === true).map(([location]) => location);
    assert.deepEqual(scripted, ['node_modules/onnxruntime-node']);
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  });

  test('has a command that a shell can start', () => {
    for (const file of Object.values(manifest.bin)) {
      assert.match(read(file.replace(/^dist\//, '').replace(/\.js$/, '.ts')), /^#!\/usr\/bin\/env node\n/);
    }
  });
});
