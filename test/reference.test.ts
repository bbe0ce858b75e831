import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { after, describe, test } from 'node:test';
import { SUBSET, WHOLE_SET } from './golden.js';
import { packageRoot } from './packageRoot.js';

const MEGABYTE = 1_000_000;

/** The files that subset.json lists, and their content's hashes. */
type Listed = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

function listed(folder: string): Listed {
  return (JSON.parse(readFileSync(join(folder, 'subset.json'), 'utf8')) as { files: Listed }).files;
}

describe('the reference data in the repository', () => {
  const files = (readdirSync(SUBSET, { recursive: true }) as string[])
    .map((file) => file.replaceAll(sep, '/'))
    .filter((file) => statSync(join(SUBSET, file)).isFile());

  test('is what its list says, byte for byte', () => {
    const list = listed(SUBSET);
    assert.deepEqual(files.filter((file) => !['README.md', 'subset.json'].includes(file)).sort(), Object.keys(list));
    for (const [file, { bytes, sha256 }] of Object.entries(list)) {
      const content = readFileSync(join(SUBSET, file));
      assert.equal(content.length, bytes, file);
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256, file);
    }
  });

  test('stays below 12 MB', () => {
    const bytes = files.reduce((sum, file) => sum + statSync(join(SUBSET, file)).size, 0);
    assert.ok(bytes < 12 * MEGABYTE, `${bytes} bytes`);
  });

  const whole = WHOLE_SET;
  if (whole !== undefined) {
    test('is what its script cuts from the whole set', () => {
      const folder = mkdtempSync(join(tmpdir(), 'glit-reference-'));
      after(() => rmSync(folder, { recursive: true }));
      const script = join(packageRoot, 'scripts', 'makeReference.mjs');
      const { status, stderr } = spawnSync(process.execPath, [script, whole, folder], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.deepEqual(listed(folder), listed(SUBSET));
    });
  }
});
