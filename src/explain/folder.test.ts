import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import type { ExplainedImage } from './explain.js';
import { ExplanationFolder } from './folder.js';

const folder = temporaryFolder();

test('the page has every image as soon as it is written', async () => {
  const explained = (image: string): ExplainedImage => ({
    image,
    view: { size: 2, pixels: new Uint8Array(12) },
    block: { number: 1, title: 'G3L0', maps: ['whole'] },
    classes: [
      {
        ...{ name: 'cat', number: 0, probability: 1 },
        maps: [{ part: 'whole', map: { side: 2, values: new Float32Array(4) }, peak: 1 }],
      },
    ],
  });
  const explanations = await ExplanationFolder.create(path.join(folder, 'maps'), ['best.onnx'], { page: true });
  const { page = '' } = explanations;
  assert.equal(page, path.join(folder, 'maps', 'index.html'));
  const titles: string[] = [];
  for (const image of ['a.jpg', 'b.jpg', 'c.jpg']) {
    await explanations.write([explained(image)]);
    titles.push(`<h2>${image}</h2>`);
    const html = await readFile(page, 'utf8');
    assert.deepEqual(html.match(/<h2>.*<\/h2>/g), titles);
    assert.equal(html.match(/<!doctype html>/g)?.length, 1);
  }
});
