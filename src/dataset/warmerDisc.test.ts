import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { seeded } from '../random/rng.js';
import type { Dataset } from './dataset.js';
import { isStored, storedImage } from './source.js';
import type { ImageSource, StoredSource } from './source.js';
import { drawDiscs, warmerDisc, WARMER_DISC, type Disc } from './warmerDisc.js';

const OPTIONS = { ...WARMER_DISC, trainImages: 2000, testImages: 1000 };
const data = warmerDisc(seeded('warmer disc'), OPTIONS);

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

/** Pixels in each of 8 ranges of each channel. */
function colourHistogram(pixels: Uint8Array): number[] {
  const counts = Array.from({ length: 24 }, () => 0);
  pixels.forEach((value, at) => counts[8 * Math.floor(at / 1024) + (value >> 5)]++);
  return counts;
}

describe('warmerDisc', () => {
  test('makes the requested number of 32 × 32 images, in five named classes in turn', () => {
    assert.equal(data.classes.length, 5);
    assert.equal(new Set(data.classes).size, 5);
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
        Int32Array.from({ length: count }, (_, index) => index % 5),
      );
    }
  });

  test('gives the same images for the same seed and others for another', () => {
    const few = { ...OPTIONS, trainImages: 50, testImages: 50 };
    const again = warmerDisc(seeded('warmer disc'), few);
    assert.deepEqual(hashes(again.train), hashes(data.train).slice(0, 50), 'the number of images changes none of them');
    assert.deepEqual(hashes(again.test), hashes(data.test).slice(0, 50));
    const known = new Set(hashes(data.train));
    const other = warmerDisc(seeded('other'), few);
    assert.ok(hashes(other.train).every((hash) => !known.has(hash)));
  });

  test('draws what it has always drawn, so that published results can be repeated', () => {
    const hash = createHash('sha256');
    // A hundred of each: enough to catch any change of a draw, and few enough that no sine's last bit decides a pixel.
    for (const source of [data.train, data.test]) {
      for (const pixels of pixelsOf(source).slice(0, 100)) hash.update(pixels);
    }
    assert.equal(hash.digest('hex'), '7fe5e724cdc8fa998df9275da690ec97a20b2bd4ee94397c225d704c74fda1d1');
  });

  test('shows no image twice, within a split or across', () => {
    const all = [...hashes(data.train), ...hashes(data.test)];
    assert.equal(new Set(all).size, all.length);
  });

  test('does not reveal the class by its colours', () => {
    const accuracy = nearestMeanAccuracy(data, colourHistogram);
    assert.ok(accuracy < 0.3, `a histogram of colours finds ${accuracy} of the classes; chance is 0.2`);
  });

  test('does not reveal the class by its mean colour', () => {
    const accuracy = nearestMeanAccuracy(data, colourMeans);
    assert.ok(accuracy < 0.25, `the mean colour finds ${accuracy} of the classes; chance is 0.2`);
  });

  test('reveals almost nothing of the class by single pixels', () => {
    const accuracy = nearestMeanAccuracy(data, (pixels) => [...pixels]);
    assert.ok(accuracy < 0.35, `a template a class finds ${accuracy} of the classes; chance is 0.2`);
  });

  test('places and colours the discs as the class says', () => {
    const rng = seeded('discs');
    data.classes.forEach((name, label) => {
      for (let index = 0; index < 50; index++) {
        const discs = drawDiscs(label, rng.fork(label).fork(index));
        const [warmer] = discs.toSorted((a, b) => b.warmth - a.warmth);
        assert.equal(warmer.texture, name);
        assert.equal(new Set(discs.map(({ texture }) => texture)).size, 2);
        for (const { x, y, radius } of discs) {
          assert.ok(Math.min(x, y) >= radius && Math.max(x, y) <= 32 - radius, 'inside the image');
        }
      }
    });
  });

  test('no place and no size makes a disc the warmer', () => {
    const rng = seeded('places');
    const all = Array.from({ length: 4000 }, (_, index) => drawDiscs(index % 5, rng.fork(index)));
    const fromCentre = ({ x, y }: Disc): number => Math.hypot(x - 16, y - 16);
    const central = all.filter(([warmer, cooler]) => fromCentre(warmer) < fromCentre(cooler)).length / all.length;
    const larger = all.filter(([warmer, cooler]) => warmer.radius > cooler.radius).length / all.length;
    // Four standard errors of a fair coin.
    for (const share of [central, larger]) assert.ok(Math.abs(share - 0.5) < 0.032, `${central}, ${larger}`);
  });

  test('no colour alone makes a disc the warmer', () => {
    const rng = seeded('colours');
    const all = Array.from({ length: 500 }, (_, index) => drawDiscs(index % 5, rng.fork(index)));
    const least = Math.min(...all.map(([warmer]) => warmer.warmth));
    const overlap = all.filter(([, cooler]) => cooler.warmth > least).length / all.length;
    assert.ok(overlap > 0.2, `${overlap} of the cooler discs are warmer than some warmer one`);
  });
});
