import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import { makeFolder, requireFreeFolder, requireNewFile, requireWritable } from './freeFolder.js';

const folder = temporaryFolder();

test('a folder is free if it is empty or does not exist', async () => {
  const file = path.join(folder, 'file');
  await requireFreeFolder(folder);
  await requireFreeFolder(file);
  await writeFile(file, '');
  await assert.rejects(requireFreeFolder(folder), { name: 'UserError', message: /not empty; give another folder/ });
  await assert.rejects(requireFreeFolder(file), { name: 'UserError', message: /is a file; give a folder with --out/ });
});

test('a path can be made unless it is empty, or one of its folders is a file', async () => {
  const file = path.join(folder, 'of a path');
  await writeFile(file, '');
  await requireWritable(path.join(folder, 'a', 'b'));
  await requireWritable('in the working folder');
  await assert.rejects(requireWritable(''), { name: 'UserError', message: /is empty; give one/ });
  const below = path.join(file, 'x', 'y');
  const message = /of a path is a file, so .* cannot be made; give another path$/;
  for (const required of [requireWritable, requireFreeFolder, requireNewFile]) {
    await assert.rejects(required(below), { name: 'UserError', message });
  }
  await assert.rejects(requireNewFile(file), { name: 'UserError', message: /exists already; give another file/ });
  for (const taken of [file, below]) {
    await assert.rejects(makeFolder(taken), {
      name: 'UserError',
      message: /^.* cannot be made: .*; .*, and continue$/,
    });
  }
});

test('a folder that may not be written to is refused', { skip: process.platform === 'win32' }, async () => {
  const locked = path.join(folder, 'locked');
  await mkdir(locked);
  await chmod(folder, 0o755);
  await chmod(locked, 0o555);
  // Root may write wherever it likes, so its child becomes another user, after it has read its modules.
  const script = `const { makeFolder, requireWritable } = await import(${JSON.stringify(new URL('./freeFolder.js', import.meta.url).href)});
    if (process.getuid() === 0) process.setuid(65534);
    for (const make of [requireWritable, makeFolder]) await make(process.argv[1]).catch(({ name, message }) => console.log(name, message));`;
  const inside = path.join(locked, 'inside');
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, inside], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    stdout.split('\n'),
    [
      `UserError ${locked} cannot be written to, so ${inside} cannot be made; give another path`,
      `UserError ${inside} cannot be made: you have no permission; change it, or use another folder, and continue`,
      '',
    ],
    stderr,
  );
  await chmod(locked, 0o755);
});
