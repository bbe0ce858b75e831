import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeFileAtomically } from './atomicFile.js';

describe('writeFileAtomically', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'glit-atomic-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('writes and replaces text and bytes, and leaves nothing else behind', async () => {
    const file = path.join(folder, 'state.json');
    await writeFileAtomically(file, 'größer');
    assert.equal(await readFile(file, 'utf8'), 'größer');
    await writeFileAtomically(file, Uint8Array.of(1, 2));
    assert.deepEqual([...(await readFile(file))], [1, 2]);
    assert.deepEqual(await readdir(folder), ['state.json']);
  });

  test('of many writers at once one wins, whole', async () => {
    const file = path.join(folder, 'state.json');
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(texts.map((text) => writeFileAtomically(file, text)));
    assert.ok(texts.includes(await readFile(file, 'utf8')));
    assert.deepEqual(await readdir(folder), ['state.json']);
  });

  test('keeps the old file and cleans up when writing fails', async () => {
    const target = path.join(folder, 'target');
    await writeFileAtomically(path.join(folder, 'other'), 'x');
    await mkdir(target);
    await writeFile(path.join(target, 'inside'), 'y');
    await assert.rejects(writeFileAtomically(target, 'text'), 'a folder cannot be replaced by a file');
    assert.deepEqual((await readdir(folder)).sort(), ['other', 'state.json', 'target']);
    await assert.rejects(writeFileAtomically(path.join(folder, 'absent', 'file'), 'text'), { code: 'ENOENT' });
    await assert.rejects(writeFileAtomically(path.join(folder, 'other', 'file'), 'text'), {
      name: 'UserError',
      message: /file cannot be written \(4 bytes\): a part of its path is a file; use another folder/,
    });
  });

  test('takes names as long as the disk does, and refuses longer ones in one line', async () => {
    const name = 'x'.repeat(255);
    await writeFileAtomically(path.join(folder, name), 'text');
    assert.equal(await readFile(path.join(folder, name), 'utf8'), 'text');
    await assert.rejects(writeFileAtomically(path.join(folder, `${name}y`), 'text'), {
      name: 'UserError',
      message: /x+y cannot be written \(4 bytes\): its name is too long; give a shorter one/,
    });
    assert.deepEqual((await readdir(folder)).sort(), ['other', 'state.json', 'target', name]);
  });
});
