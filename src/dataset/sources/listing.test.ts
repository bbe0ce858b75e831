import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/imageFiles.js';
import { Interrupted } from '../../errors.js';
import { Cache } from './cache.js';
import { listClassFolders } from './listing.js';

const base = temporaryFolder();
let count = 0;
let root = '';
let cache = new Cache('');

async function touch(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), '');
  }
}

/** Gives a folder an old time stamp; a listing trusts only those. */
async function settle(...names: string[]): Promise<void> {
  for (const name of names) await utimes(path.join(root, name), 1e9, 1e9);
}

async function listing(leastKept = 1): Promise<string[]> {
  const { classes } = await listClassFolders(root, 'shown', { cache, leastKept });
  return classes.flatMap(({ name, images }) =>
    Array.from({ length: images.length }, (_, index) => `${name}/${images.at(index)}`),
  );
}

/** The records in the cache. */
async function kept(): Promise<string[]> {
  return readdir(cache.folder).catch(() => []);
}

describe('a listing', () => {
  beforeEach(async () => {
    root = path.join(base, String(count++));
    cache = new Cache(path.join(base, `${count}-cache`));
    await touch('b/2.png', 'b/1.png', 'b/notes.txt', 'a/x.jpg', 'loose.png');
    await settle('a', 'b');
  });
  const before = ['a/x.jpg', 'b/1.png', 'b/2.png'];

  test('is kept, and the same the next time', async () => {
    assert.deepEqual(await listing(), before);
    assert.equal((await kept()).length, 1);
    assert.deepEqual(await listing(), before);
    assert.equal((await listClassFolders(root, 'shown', { cache, leastKept: 1 })).loose, 1);
  });

  test('is not kept when it is short', async () => {
    await listing(4);
    assert.deepEqual(await kept(), []);
  });

  test('sees what was added, removed and renamed', async () => {
    await listing();
    await touch('a/y.jpg', 'c/new.png');
    await rm(path.join(root, 'b/1.png'));
    await rename(path.join(root, 'b/2.png'), path.join(root, 'b/3.png'));
    const after = ['a/x.jpg', 'a/y.jpg', 'b/3.png', 'c/new.png'];
    assert.deepEqual(await listing(), after);
    assert.deepEqual(await listing(), after);
    await rm(path.join(root, 'a'), { recursive: true });
    assert.deepEqual(await listing(), after.slice(2));
  });

  test('sees a change that restored the old time', async () => {
    await listing();
    await touch('a/y.jpg');
    await settle('a');
    assert.deepEqual(await listing(), ['a/x.jpg', 'a/y.jpg', 'b/1.png', 'b/2.png']);
  });

  test('sees a folder that replaced another of the same name', async () => {
    await listing();
    await touch('../other/z.png');
    await utimes(path.join(base, 'other'), 1e9, 1e9);
    await rm(path.join(root, 'a'), { recursive: true });
    await rename(path.join(base, 'other'), path.join(root, 'a'));
    assert.deepEqual(await listing(), ['a/z.png', 'b/1.png', 'b/2.png']);
  });

  test('does not trust a folder that changed a moment ago', async () => {
    await touch('a/y.jpg');
    await listing();
    assert.equal((await kept()).length, 1);
    await touch('a/z.jpg');
    assert.deepEqual(await listing(), ['a/x.jpg', 'a/y.jpg', 'a/z.jpg', 'b/1.png', 'b/2.png']);
  });

  test('is made again when the cached one is damaged in any way', async () => {
    await listing();
    const [name] = await kept();
    const whole = await readFile(cache.file(name));
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(whole.length - 1).map((end) => whole.subarray(0, end)),
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
        const bytes = Buffer.from(whole);
        bytes[at] ^= change;
        return bytes;
      }),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        await writeFile(cache.file(name), bytes);
        assert.deepEqual(await listing(), before);
      }),
      { numRuns: 60 },
    );
  });

  test('is made again when the cached one is intact but something else', async () => {
    await listing();
    const [name] = await kept();
    for (const about of [null, 7, [{ name: 'a' }], { a: 1 }]) {
      await cache.write(name, { about, parts: [] });
      assert.deepEqual(await listing(), before);
    }
  });

  test('stops on request', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(listClassFolders(root, 'shown', { signal }), Interrupted);
  });
});
