import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { tensor, type Tensor } from '../../tensor/tensor.js';
import type { Checkpoints } from '../../train/checkpoints.js';
import { RunFolder } from './runFolder.js';
import { removeSnapshots, snapshotsOf } from './snapshots.js';

const root = mkdtempSync(join(tmpdir(), 'glit-snapshots-'));
after(() => rmSync(root, { recursive: true }));

const vectors = (value: number): ReadonlyMap<string, Tensor> =>
  new Map([['trunk', tensor('float32', [3], Float32Array.of(value, 2, 3))]]);

/** A folder with snapshots of two steps, and what loading them warns of. */
async function saved(): Promise<{
  readonly folder: RunFolder;
  readonly file: (name: string) => string;
  readonly snapshots: Checkpoints;
  readonly warnings: readonly string[];
}> {
  const folder = await RunFolder.create(mkdtempSync(join(root, 'run-')));
  const warnings: string[] = [];
  const snapshots = snapshotsOf(folder, 'deit', (message) => void warnings.push(message));
  for (const step of [10, 20]) await snapshots.save({ step, rollbacks: 0, vectors: vectors(step) });
  return { folder, file: (name) => folder.path(`snapshots/${name}.safetensors`), snapshots, warnings };
}

/** Changes the last byte, which is one of a number. */
function flipLastBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(file, bytes);
}

/** Changes the step, which is text in the header. */
function changeStep(file: string): void {
  const text = readFileSync(file, 'latin1');
  writeFileSync(file, text.replace(/"step":"(\d)0"/, '"step":"$15"'), 'latin1');
}

describe('snapshots of a training', () => {
  test('are read back, the last one first', async () => {
    const { snapshots, warnings } = await saved();
    assert.deepEqual(await snapshots.load(), { step: 20, rollbacks: 0, vectors: vectors(20) });
    assert.deepEqual(warnings, []);
  });

  for (const [what, damage] of [
    ['has a flipped bit', flipLastBit],
    ['has another step', changeStep],
    ['is cut off', (file: string) => truncateSync(file, 40)],
    ['is empty', (file: string) => truncateSync(file, 0)],
    ['is another file', (file: string) => writeFileSync(file, 'no snapshot at all')],
  ] as const) {
    test(`that are damaged give way to the one before: the last ${what}`, async () => {
      const { file, snapshots, warnings } = await saved();
      damage(file('deit'));
      assert.deepEqual(await snapshots.load(), { step: 10, rollbacks: 0, vectors: vectors(10) });
      assert.equal(warnings.length, 1);
      assert.match(warnings[0], /deit\.safetensors .*; going on from the one before, of step 10$/);
      // The good one stays the one before.
      await snapshots.save({ step: 30, rollbacks: 0, vectors: vectors(30) });
      assert.equal((await snapshots.load())?.step, 30);
      damage(file('deit'));
      assert.equal((await snapshots.load())?.step, 10);
    });
  }

  test('that cannot be written leave those before them', async () => {
    const { folder, file, snapshots, warnings } = await saved();
    // A folder with something in it cannot be replaced.
    mkdirSync(folder.path('snapshots/deit.safetensors.next/inside'), { recursive: true });
    await assert.rejects(snapshots.save({ step: 30, rollbacks: 0, vectors: vectors(30) }));
    assert.equal((await snapshots.load())?.step, 20);
    assert.deepEqual(warnings, []);
    flipLastBit(file('deit'));
    assert.equal((await snapshots.load())?.step, 10);
  });

  test('whose last one cannot be set aside leave it', async () => {
    const { file, snapshots, warnings } = await saved();
    rmSync(file('deit.before'));
    mkdirSync(join(file('deit.before'), 'inside'), { recursive: true });
    await assert.rejects(snapshots.save({ step: 30, rollbacks: 0, vectors: vectors(30) }));
    assert.equal((await snapshots.load())?.step, 20);
    rmSync(file('deit.before'), { recursive: true });
    await snapshots.save({ step: 40, rollbacks: 0, vectors: vectors(40) });
    assert.equal((await snapshots.load())?.step, 40);
    flipLastBit(file('deit'));
    assert.equal((await snapshots.load())?.step, 20);
    assert.equal(warnings.length, 1);
  });

  test('that are all damaged make the training start again, and say so', async () => {
    const { file, snapshots, warnings } = await saved();
    for (const name of ['deit', 'deit.before']) flipLastBit(file(name));
    assert.equal(await snapshots.load(), undefined);
    assert.match(warnings.join('\n'), /deit\.safetensors is damaged: its checksum is another; .* starts again$/);
  });

  test('that the system cannot read are kept, and the error is thrown', async () => {
    const { folder, file, snapshots, warnings } = await saved();
    for (const name of ['deit', 'deit.before']) {
      rmSync(file(name));
      // Even root cannot read a folder as a file.
      symlinkSync(folder.root, file(name), 'junction');
    }
    await assert.rejects(snapshots.load(), /deit\.safetensors cannot be read: it is not a file; check it/);
    assert.equal(readdirSync(folder.path('snapshots')).length, 2);
    assert.deepEqual(warnings, []);
  });

  test('survive a process that is killed between two of its steps', async () => {
    const { folder, file, snapshots, warnings } = await saved();
    // Killed after the last one was set aside, and before the new one took its place.
    await snapshots.save({ step: 30, rollbacks: 0, vectors: vectors(30) });
    rmSync(file('deit'));
    assert.equal((await snapshots.load())?.step, 20);
    assert.deepEqual(warnings, []);
    await removeSnapshots(folder, 'deit');
    assert.deepEqual(readdirSync(folder.path('snapshots')), []);
    assert.equal(await snapshots.load(), undefined);
  });
});
