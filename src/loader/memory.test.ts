import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { numbered, temporaryFolder, writeImages } from '../../test/support/imageFiles.js';
import { Interrupted, UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { bytesOf } from '../image/image.js';
import { evaluationLoader } from './loader.js';
import type { Batch } from './loader.js';
import { intoMemory } from './memory.js';
import { isStored } from '../dataset/source.js';
import type { EncodedSource, ImageSource, StoredSource } from '../dataset/source.js';
import { warmerDisc, WARMER_DISC } from '../dataset/warmerDisc.js';

const COUNT = 70;
const SIZE = 8;
const folder = temporaryFolder();
const files = numbered('images', COUNT).map((file) => path.join(folder, file));

before(async () => {
  await writeImages(folder, numbered('images', COUNT), 12);
  await writeFile(path.join(folder, 'broken.png'), '');
});

function imagesWithout(unreadable: readonly number[] = []): EncodedSource {
  return {
    classes: ['even', 'odd'],
    labels: Int32Array.from(files, (_, index) => index % 2),
    encoded: (index) => ({ file: unreadable.includes(index) ? path.join(folder, 'broken.png') : files[index] }),
  };
}

async function evaluated(source: ImageSource): Promise<Batch[]> {
  const loader = evaluationLoader(source, { imageSize: SIZE, batchSize: 20, workers: 0 });
  const batches: Batch[] = [];
  for await (const batch of loader.epoch(0)) batches.push(batch);
  await loader.close();
  return batches;
}

async function stored(source: ImageSource): Promise<StoredSource> {
  const memory = await intoMemory(source, { imageSize: SIZE, workers: 0 });
  assert.ok(isStored(memory));
  assert.equal(memory.store.size, SIZE);
  return memory;
}

describe('intoMemory', () => {
  test('holds the pixels and labels that evaluation would read from the files', async () => {
    assert.deepEqual(await evaluated(await stored(imagesWithout())), await evaluated(imagesWithout()));
  });

  test('holds the same with any decoder', async () => {
    const byThreads = await intoMemory(imagesWithout([3]), { imageSize: SIZE, workers: 2 });
    assert.deepEqual(byThreads, await stored(imagesWithout([3])));
  });

  test('leaves unreadable images out, names them and keeps the labels of the others', async () => {
    // Images 64 to 69 fill a whole batch of the decoding.
    const lost = [0, 9, 64, 65, 66, 67, 68, 69];
    const named: string[] = [];
    const memory = await intoMemory(imagesWithout(lost), {
      imageSize: SIZE,
      workers: 0,
      onUnreadable: ({ file }) => named.push(file),
    });
    assert.deepEqual(named, [path.join(folder, 'broken.png')]);
    const kept = files.flatMap((_, index) => (lost.includes(index) ? [] : [index % 2]));
    assert.deepEqual([...memory.labels], kept);
    assert.deepEqual(
      await evaluated(memory),
      await evaluated(
        await stored({
          ...imagesWithout(),
          labels: Int32Array.from(kept),
          encoded: (index) => ({ file: files.filter((_, file) => !lost.includes(file))[index] }),
        }),
      ),
    );
  });

  test('keeps a source on disk that would exceed the limit', async () => {
    const source = imagesWithout();
    const needed = COUNT * bytesOf(SIZE);
    assert.equal(await intoMemory(source, { imageSize: SIZE, memoryLimit: needed - 1, workers: 0 }), source);
    assert.ok(isStored(await intoMemory(source, { imageSize: SIZE, memoryLimit: needed, workers: 0 })));
  });

  test('returns a source as it is that is in memory at this size, and brings another to this size', async () => {
    const { train } = warmerDisc(seeded(1), { ...WARMER_DISC, trainImages: 20, testImages: 10 });
    assert.equal(await intoMemory(train, { imageSize: 32, memoryLimit: 0 }), train);
    const smaller = await stored(train);
    assert.deepEqual(smaller.labels, train.labels);
    assert.deepEqual(await evaluated(smaller), await evaluated(train));
  });

  test('refuses a class without readable images, in one line', async () => {
    const odd = [...files.keys()].filter((index) => index % 2 === 1);
    await assert.rejects(intoMemory(imagesWithout(odd), { imageSize: SIZE, workers: 0 }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^no image of class "odd" can be read; for example .*broken\.png: .+$/);
      return true;
    });
  });

  test('reports progress, up to the end', async () => {
    for (const lost of [[], [2], [64, 65, 66, 67, 68, 69]]) {
      const told: string[] = [];
      await intoMemory(imagesWithout(lost), {
        imageSize: SIZE,
        workers: 0,
        onProgress: (done, total) => told.push(`${done}/${total}`),
      });
      assert.deepEqual(told, ['64/70', '70/70']);
    }
  });

  test('stops on request', async () => {
    const controller = new AbortController();
    const options = {
      imageSize: SIZE,
      workers: 1,
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    };
    await assert.rejects(intoMemory(imagesWithout(), options), Interrupted);
  });
});
