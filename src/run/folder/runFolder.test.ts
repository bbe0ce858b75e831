import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../errors.js';
import { RunFolder } from './runFolder.js';

const root = mkdtempSync(join(tmpdir(), 'glit-folder-'));
after(() => rmSync(root, { recursive: true }));

test('a run folder that was removed does not come back', async () => {
  const folder = await RunFolder.create(join(root, 'run'));
  await folder.write('report.md', 'fine');
  rmSync(folder.root, { recursive: true });
  for (const name of ['report.md', join('weights', 'deit.txt')]) {
    await assert.rejects(folder.write(name, 'lost'), { name: 'UserError', message: /run is gone; start again$/ });
  }
  assert.ok(!existsSync(folder.root));
});

test('a run folder that another process has taken over is not written to', async () => {
  const folder = await RunFolder.create(join(root, 'taken'));
  const reason = new UserError('taken over');
  folder.lose(reason);
  folder.lose(new UserError('later'));
  await assert.rejects(folder.write('report.md', 'lost'), reason);
  assert.equal(folder.lossReason, reason);
  assert.ok(!existsSync(folder.path('report.md')));
});

test('a folder that a process left before it was a run is free, and one with anything else is not', async () => {
  const left = join(root, 'left');
  mkdirSync(left);
  for (const name of ['lock-1.json', 'latency.json', '.0f-3a.tmp']) writeFileSync(join(left, name), '{');
  await RunFolder.create(left);
  writeFileSync(join(left, 'notes.txt'), 'mine');
  await assert.rejects(RunFolder.create(left), /left exists and is not empty; give another with --out$/);
  rmSync(join(left, 'notes.txt'));
  writeFileSync(join(left, 'config.yaml'), '');
  await assert.rejects(RunFolder.create(left), /or continue with --resume/);
});
