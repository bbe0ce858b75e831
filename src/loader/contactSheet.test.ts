import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { contactSheet } from './contactSheet.js';

const SIZE = 4;

test('a contact sheet shows every image of a batch in its place and clips values out of range', async () => {
  const levels = [10, 20, -30, 40, 300];
  const images = Float32Array.from(levels.flatMap((level) => new Array<number>(3 * SIZE * SIZE).fill(level)));
  const { data, info } = await sharp(await contactSheet(images, SIZE))
    .raw()
    .toBuffer({ resolveWithObject: true });
  // Three columns and two rows with gaps of two pixels.
  assert.deepEqual([info.width, info.height, info.channels], [16, 10, 3]);
  const at = (x: number, y: number): number => data[(y * info.width + x) * 3];
  assert.deepEqual([at(0, 0), at(6, 3), at(15, 0), at(3, 9), at(9, 6), at(15, 9)], [10, 20, 0, 40, 255, 255]);
  assert.equal(at(4, 0), 255);
});

test('a contact sheet of bytes shows them as they are', async () => {
  const images = Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, index) => index);
  const pixels = await sharp(await contactSheet(images, SIZE))
    .raw()
    .toBuffer();
  assert.deepEqual([...pixels.subarray(0, 6)], [0, 16, 32, 1, 17, 33]);
});
