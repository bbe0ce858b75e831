import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/imageFiles.js';
import { UserError } from '../../errors.js';
import { Cache, cacheFolder, decodeRecord, encodeRecord } from './cache.js';

const folder = temporaryFolder();

describe('cacheFolder', () => {
  test('is what GLIT_CACHE says', () => {
    for (const platform of ['linux', 'darwin', 'win32']) {
      assert.equal(cacheFolder({ GLIT_CACHE: '/big/disk', XDG_CACHE_HOME: '/x' }, platform), path.resolve('/big/disk'));
    }
  });

  test('is otherwise the system’s place for caches', () => {
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux'), path.join('/x', 'glit'));
    assert.match(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux'), /\.cache.glit$/);
    assert.match(cacheFolder({}, 'linux'), /\.cache.glit$/);
    assert.match(cacheFolder({}, 'darwin'), /Library.Caches.glit$/);
    assert.equal(cacheFolder({ LOCALAPPDATA: '/l' }, 'win32'), path.join('/l', 'glit', 'cache'));
  });
});

describe('a record', () => {
  const about = { some: ['json', 1, null] };

  test('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.uint8Array()), (json, parts) => {
        const record = decodeRecord(encodeRecord({ about: json, parts }));
        assert.deepEqual(record, { about: JSON.parse(JSON.stringify(json)) as unknown, parts });
      }),
    );
  });

  test('counts as missing when any byte is changed, added or missing', () => {
    const bytes = encodeRecord({ about, parts: [new Uint8Array([1, 2, 3])] });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] ^= change;
        assert.equal(decodeRecord(changed), undefined);
        assert.equal(decodeRecord(bytes.subarray(0, at)), undefined);
      }),
    );
    assert.equal(decodeRecord(Buffer.concat([bytes, Buffer.alloc(1)])), undefined);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => decodeRecord(Buffer.from(any)) === undefined));
  });
});

describe('Cache', () => {
  test('keeps records and leaves nothing else behind', async () => {
    const cache = new Cache(path.join(folder, 'new', 'cache'));
    assert.equal(await cache.read('one'), undefined);
    await cache.write('one', { about: 1, parts: [] });
    await cache.write('one', { about: 2, parts: [] });
    assert.deepEqual(await cache.read('one'), { about: 2, parts: [] });
    assert.deepEqual(await readdir(cache.folder), ['one']);
  });

  test('ignores a failure to write a record, but reports a failure to fill a file', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const cache = new Cache(path.join(folder, 'file', 'cache'));
    await cache.write('one', { about: 1, parts: [] });
    await assert.rejects(
      cache.fill('one', () => Promise.resolve()),
      (error) => error instanceof UserError && /cannot be written \(ENOTDIR\): make room, or set/.test(error.message),
    );
  });

  test('leaves the old file when filling the new one fails', async () => {
    const cache = new Cache(path.join(folder, 'kept'));
    await mkdir(cache.folder);
    await writeFile(cache.file('one'), 'old');
    const failing = cache.fill('one', async (handle) => {
      await handle.write('new');
      throw new Error('in the middle');
    });
    await assert.rejects(failing, /in the middle/);
    assert.equal(await readFile(cache.file('one'), 'utf8'), 'old');
    assert.deepEqual(await readdir(cache.folder), ['one']);
  });
});
