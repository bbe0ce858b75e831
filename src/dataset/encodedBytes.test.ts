import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { colourOf, plain, temporaryFolder } from '../../test/support/imageFiles.js';
import { centralView, openEncoded, readImage } from '../loader/decode.js';
import { decoderInput } from './encodedBytes.js';

const folder = temporaryFolder();

describe('decoderInput', () => {
  test('gives a file of its own as its path', async () => {
    const file = path.join(folder, 'somewhere.jpg');
    await writeFile(file, 'an image');
    assert.equal(await decoderInput({ file }), file);
  });

  test('rejects what is no file, and a file of an absurd size', async () => {
    await assert.rejects(decoderInput({ file: folder }), /it is not a file/);
    const file = path.join(folder, 'absurd.png');
    await writeFile(file, '');
    // It takes no room on the disk.
    await truncate(file, 2 ** 35);
    await assert.rejects(decoderInput({ file }), /it has 34359738368 bytes, more than an image can have/);
  });

  test('reads a part of a file, which decodes like the file it was', async () => {
    const image = await plain(colourOf(77)).png().toBuffer();
    const alone = path.join(folder, 'alone.png');
    const among = path.join(folder, 'among.bin');
    await writeFile(alone, image);
    await writeFile(among, Buffer.concat([Buffer.alloc(5, 1), image, Buffer.alloc(7, 2)]));
    const part = { start: 5, length: image.length, container: 'shard', name: 'member' };
    assert.deepEqual(await decoderInput({ file: among, part }), image);
    assert.deepEqual(await centralView(await openEncoded({ file: among, part }), 8), await readImage(alone, 8));
  });

  for (const [what, part, reason] of [
    ['that goes beyond the end', { start: 2, length: 10 }, /the file ends 4 bytes before the image does/],
    ['that begins beyond the end', { start: 20, length: 1 }, /the file ends 1 bytes before/],
    ['without bytes', { start: 0, length: 0 }, /no bytes/],
    ['of an absurd size', { start: 0, length: 2 ** 40 }, /more than an image can have/],
  ] as const) {
    test(`rejects a part ${what}`, async () => {
      const file = path.join(folder, 'short.bin');
      await writeFile(file, Buffer.alloc(8));
      await assert.rejects(decoderInput({ file, part: { ...part, container: 'shard', name: 'x' } }), reason);
    });
  }
});
