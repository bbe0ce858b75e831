import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Dataset } from '../../dataset/dataset.js';
import type { EncodedSource } from '../../dataset/source.js';
import { UserError } from '../../errors.js';
import { keepImagesRecord } from './imagesRecord.js';
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
  writeFileSync(join(root, 'images.json'), '{}');
  await assert.rejects(keepImagesRecord(folder, whole, 'photos'), /images\.json is damaged/);
});
