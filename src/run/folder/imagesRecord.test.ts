import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parquet, pngs, samples, tar, writeFiles } from '../../../test/support/sourceFiles.js';
import type { Dataset } from '../../dataset/dataset.js';
import type { EncodedSource } from '../../dataset/source.js';
import { Cache } from '../../dataset/sources/cache.js';
import { openSource } from '../../dataset/sources/openSource.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { keepImagesRecord, readImagesRecord, recordOf } from './imagesRecord.js';
import { RunFolder } from './runFolder.js';

const root = mkdtempSync(join(tmpdir(), 'glit-images-'));
after(() => rmSync(root, { recursive: true }));

const CLASSES = ['cat', 'dog'];
const split = (files: readonly string[], classes = CLASSES): EncodedSource => ({
  classes,
  labels: Int32Array.from(files, (_, at) => at % 2),
  encoded: (at) => ({ file: join('photos', files[at]) }),
});
const dataset = (train: readonly string[], test: readonly string[], classes = CLASSES): Dataset => ({
  ...{ name: 'photos', classes, notices: [] },
  train: split(train, classes),
  test: split(test, classes),
});

test('a run goes on with the images that it began with, and no others', async () => {
  const folder = RunFolder.at(root);
  const whole = dataset(['1.png', '2.png', '3.png'], ['4.png', '5.png']);
  await keepImagesRecord(folder, whole, 'photos');
  await keepImagesRecord(folder, whole, 'photos');
  // The hash that earlier builds wrote.
  const hash = '0eb12326fa26d039e62b03b1f3639c8632722ce0088904a2d783b6765fe743ca';
  assert.equal((await readImagesRecord(folder))?.train.sha256, hash);
  // What could be decoded does not count, but what was found.
  await keepImagesRecord(folder, { ...dataset(['1.png'], ['4.png']), found: whole }, 'photos');
  for (const [changed, message] of [
    [dataset(['1.png', '2.png'], ['4.png', '5.png']), /: 2 training images instead of 3;/],
    [dataset(['1.png', '2.png', '4.png'], ['3.png', '5.png']), /: other training images;/],
    [dataset(['1.png', '2.png', '3.png'], ['4.png', '6.png']), /: other test images;/],
    [dataset(['1.png', '2.png', '3.png'], ['4.png', '5.png'], ['cat', 'fox']), /: the class "fox" instead of "dog";/],
    [dataset(['1.png', '2.png', '3.png'], ['4.png', '5.png'], ['a', 'b', 'c']), /: 3 classes instead of 2;/],
  ] as const) {
    await assert.rejects(
      keepImagesRecord(folder, changed, 'photos'),
      (error) => error instanceof UserError && message.test(error.message) && /have changed since/.test(error.message),
    );
  }
  for (const damaged of ['{}', '', '{"classes": ["cat", "d']) {
    writeFileSync(join(root, 'images.json'), damaged);
    await assert.rejects(
      keepImagesRecord(folder, whole, 'photos'),
      (error) => error instanceof UserError && /images\.json is damaged; restore it/.test(error.message),
    );
  }
});

test('tables and shards are the same after they have been moved or touched', async () => {
  const images = await pngs(6);
  const cache = new Cache(join(root, 'cache'));
  const record = async (folder: string) => recordOf(await openSource(join(root, folder), { rng: seeded(0), cache }));
  for (const [file, content] of [
    ['train.parquet', parquet(images, [0, 1, 0, 1, 0, 1])],
    ['train.tar', tar(await samples([0, 1, 0, 1, 0, 1]))],
  ] as const) {
    writeFiles(join(root, file, 'before'), { [file]: content });
    const before = await record(`${file}/before`);
    mkdirSync(join(root, file, 'elsewhere'));
    renameSync(join(root, file, 'before'), join(root, file, 'elsewhere/after'));
    utimesSync(join(root, file, 'elsewhere/after', file), 1e9, 1e9);
    assert.deepEqual(await record(`${file}/elsewhere/after`), before, file);
  }
});
