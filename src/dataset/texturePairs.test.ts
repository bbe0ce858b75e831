import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { seeded } from '../random/rng.js';
import type { Dataset } from './dataset.js';
import { isStored, storedImage } from './source.js';
import type { ImageSource, StoredSource } from './source.js';
import { texturePairs, TEXTURE_PAIRS } from './texturePairs.js';

const OPTIONS = { ...TEXTURE_PAIRS, trainImages: 2000, testImages: 1000 };
const data = texturePairs(seeded('texture pairs'), OPTIONS);

function pixelsOf(source: ImageSource): Uint8Array[] {
  return Array.from(storedOf(source).rows, (row) => storedImage(storedOf(source).store, row).pixels);
}

function storedOf(source: ImageSource): StoredSource {
  assert.ok(isStored(source));
  return source;
}

function hashes(source: ImageSource): string[] {
  return pixelsOf(source).map((pixels) => createHash('sha256').update(pixels).digest('hex'));
}

/** The share of test images whose feature lies nearest to the mean feature of their own class in training. */
function nearestMeanAccuracy({ train, test, classes }: Dataset, feature: (pixels: Uint8Array) => number[]): number {
  const sums = classes.map((): number[] => []);
  const counts = classes.map(() => 0);
  pixelsOf(train).forEach((pixels, index) => {
    const label = train.labels[index];
    counts[label]++;
    feature(pixels).forEach((value, at) => {
      sums[label][at] = (sums[label][at] ?? 0) + value;
    });
  });
  const means = sums.map((sum, label) => sum.map((value) => value / counts[label]));
  const distance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((total, value, at) => total + (value - b[at]) ** 2, 0);
  const right = pixelsOf(test).filter((pixels, index) => {
    const found = feature(pixels);
    const distances = means.map((mean) => distance(found, mean));
    return distances.indexOf(Math.min(...distances)) === test.labels[index];
  });
  return right.length / test.labels.length;
}

function colourMeans(pixels: Uint8Array): number[] {
  return [0, 1, 2].map(
    (channel) => pixels.subarray(channel * 1024, (channel + 1) * 1024).reduce((a, b) => a + b) / 1024,
  );
}

describe('texturePairs', () => {
  test('makes the requested number of 32 × 32 images, in ten named classes in turn', () => {
    assert.equal(data.classes.length, 10);
    assert.equal(new Set(data.classes).size, 10);
    for (const [source, count] of [
      [data.train, OPTIONS.trainImages],
      [data.test, OPTIONS.testImages],
    ] as const) {
      const { store, rows, classes } = storedOf(source);
      assert.deepEqual(classes, data.classes);
      assert.equal(store.size, 32);
      assert.equal(store.pixels.length, count * 3 * 32 * 32);
      assert.deepEqual(
        rows,
        Int32Array.from({ length: count }, (_, index) => index),
      );
      assert.deepEqual(
        source.labels,
        Int32Array.from({ length: count }, (_, index) => index % 10),
      );
    }
  });

  test('gives the same images for the same seed and others for another', () => {
    const few = { ...OPTIONS, trainImages: 50, testImages: 50 };
    const again = texturePairs(seeded('texture pairs'), few);
    assert.deepEqual(hashes(again.train), hashes(data.train).slice(0, 50), 'the number of images changes none of them');
    assert.deepEqual(hashes(again.test), hashes(data.test).slice(0, 50));
    const known = new Set(hashes(data.train));
    const other = texturePairs(seeded('other'), few);
    assert.ok(hashes(other.train).every((hash) => !known.has(hash)));
  });

  test('draws what it has always drawn, so that published results can be repeated', () => {
    const hash = createHash('sha256');
    // A hundred of each: enough to catch any change of a draw, and few enough that no sine's last bit decides a pixel.
    for (const source of [data.train, data.test]) {
      for (const pixels of pixelsOf(source).slice(0, 100)) hash.update(pixels);
    }
    assert.equal(hash.digest('hex'), '704ecf25ca2c1d309bbce6aed6c2d08079f2a3ead6956c31f04c068e340290f5');
  });

  test('shows no image twice, within a split or across', () => {
    const all = [...hashes(data.train), ...hashes(data.test)];
    assert.equal(new Set(all).size, all.length);
  });

  test('does not reveal the class by its mean colour', () => {
    const accuracy = nearestMeanAccuracy(data, colourMeans);
    assert.ok(accuracy < 0.15, `the mean colour finds ${accuracy} of the classes; chance is 0.1`);
  });

  test('reveals almost nothing of the class by single pixels', () => {
    const accuracy = nearestMeanAccuracy(data, (pixels) => [...pixels]);
    assert.ok(accuracy < 0.25, `a template a class finds ${accuracy} of the classes; chance is 0.1`);
  });

  test('draws the textures that its classes are named for', () => {
    // Differences along x against those along y: columns vary along x, rows along y, whichever way the image lies.
    const steepness = (pixels: Uint8Array, step: number): number => {
      let sum = 0;
      for (let at = 0; at < 1024 - step; at++) sum += Math.abs(pixels[at + step] - pixels[at]);
      return sum;
    };
    const leaning = (name: string): number => {
      const label = data.classes.indexOf(name);
      const images = pixelsOf(data.train).filter((_, index) => data.train.labels[index] === label);
      return images.filter((pixels) => steepness(pixels, 1) > steepness(pixels, 32)).length / images.length;
    };
    for (const arrangement of ['side by side', 'stacked']) {
      assert.ok(leaning(`columns ${arrangement}`) > 0.9);
      assert.ok(leaning(`rows ${arrangement}`) < 0.1);
    }
  });
});
