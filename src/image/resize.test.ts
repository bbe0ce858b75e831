import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import type { Region } from './augment/randomResizedCrop.js';
import { resize } from './resize.js';
import type { Filter, Raster } from './resize.js';

function noise(width: number, height: number, seed = 1): Raster {
  const rng = seeded(seed);
  return { width, height, pixels: Uint8Array.from({ length: 3 * width * height }, () => rng.int(256)) };
}

/** The kernels, implemented a second time: by distance, in pixels of the coarser image. */
const CURVES: { readonly [F in Filter]: (x: number) => number } = {
  bilinear: (x) => Math.max(0, 1 - x),
  bicubic: (x) => (x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0),
};

/** Pillow's weights are whole multiples of 2^-22. */
const fixed = (weight: number): number => (Math.sign(weight) * Math.floor(Math.abs(weight) * 2 ** 22 + 0.5)) / 2 ** 22;

/** One line of bytes resized; with weights in fixed point the products and sums are exact. */
function lineOf(values: readonly number[], to: number, filter: Filter): number[] {
  const scale = values.length / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const weights = values.map((_, at) => CURVES[filter](Math.abs(at + 0.5 - centre) / stretch));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return values.reduce((total, value, at) => total + value * fixed(weights[at] / sum), 0);
  });
}

const byte = (value: number): number => Math.max(0, Math.min(255, Math.floor(value + 0.5)));

/** Both passes, with rounding to bytes after each; planes [3, height, width]. */
function plainly(image: Raster, width: number, height: number, filter: Filter): number[][][] {
  return [0, 1, 2].map((channel) => {
    const at = (y: number, x: number): number => image.pixels[3 * (y * image.width + x) + channel];
    const rows = Array.from({ length: image.height }, (_, y) =>
      lineOf(
        Array.from({ length: image.width }, (_, x) => at(y, x)),
        width,
        filter,
      ).map(byte),
    );
    const columns = Array.from({ length: width }, (_, x) =>
      lineOf(
        rows.map((row) => row[x]),
        height,
        filter,
      ).map(byte),
    );
    return Array.from({ length: height }, (_, y) => columns.map((column) => column[y]));
  });
}

function cut({ width, pixels }: Raster, region: Region): Raster {
  const rows = Array.from({ length: region.height }, (_, y) => {
    const start = 3 * ((region.top + y) * width + region.left);
    return [...pixels.subarray(start, start + 3 * region.width)];
  });
  return { width: region.width, height: region.height, pixels: Uint8Array.from(rows.flat()) };
}

const side = fc.integer({ min: 1, max: 40 });
const filters = fc.constantFrom<Filter>('bicubic', 'bilinear');

describe('resize', () => {
  test('is the convolution that its kernels describe, to the last bit', () => {
    fc.assert(
      fc.property(side, side, side, side, filters, fc.nat(), (width, height, toWidth, toHeight, filter, seed) => {
        const image = noise(width, height, seed);
        assert.deepEqual(
          [...resize(image, toWidth, toHeight, { filter })],
          plainly(image, toWidth, toHeight, filter).flat(2),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('of a crop is that of the crop alone', () => {
    const part = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(part, part, side, filters, ([left, width], [top, height], to, filter) => {
        const image = noise(41, 40);
        const crop = { left, top, width, height };
        assert.deepEqual(resize(image, to, to, { crop, filter }), resize(cut(image, crop), to, to, { filter }));
      }),
    );
  });

  test('gives any part of the result as it is in the whole', () => {
    const part = fc.tuple(fc.nat(16), fc.integer({ min: 1, max: 16 }));
    fc.assert(
      fc.property(part, part, side, side, filters, ([left, width], [top, height], fromWidth, fromHeight, filter) => {
        const image = noise(fromWidth, fromHeight);
        const whole = resize(image, 32, 33, { filter });
        const view = resize(image, 32, 33, { filter, view: { left, top, width, height } });
        view.forEach((value, at) => {
          const [channel, place] = [Math.floor(at / (width * height)), at % (width * height)];
          const [y, x] = [top + Math.floor(place / width), left + (place % width)];
          assert.equal(value, whole[(channel * 33 + y) * 32 + x]);
        });
      }),
    );
  });

  test('leaves an image of the same size as it is, and one colour that colour', () => {
    const image = noise(7, 5);
    assert.deepEqual([...resize(image, 7, 5)], plainly(image, 7, 5, 'bicubic').flat(2));
    fc.assert(
      fc.property(side, side, side, fc.nat(255), (width, height, to, value) => {
        const plain = { width, height, pixels: new Uint8Array(3 * width * height).fill(value) };
        assert.ok(resize(plain, to, to).every((found) => found === value));
      }),
    );
  });

  test('takes images far larger than it reads at a time, and small ones after them', () => {
    const image = noise(3000, 700);
    const rows = (top: number, height: number): Region => ({ left: 0, top, width: 3000, height });
    const whole = resize(image, 3000, 7, { filter: 'bilinear' });
    // The middle line of seven reads 200 rows around row 350: as if the rest were not there.
    const lines = resize(image, 3000, 2, { filter: 'bilinear', crop: rows(250, 200) });
    assert.equal(whole.length, 3 * 3000 * 7);
    assert.equal(lines.length, 3 * 3000 * 2);
    const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(mean(whole) - 127.5) < 0.5 && Math.abs(mean(lines) - 127.5) < 0.5);
    const small = noise(3, 3);
    assert.deepEqual([...resize(small, 5, 5)], plainly(small, 5, 5, 'bicubic').flat(2));
  });

  test('computes a few rows of a result that would not fit memory', () => {
    const line = noise(1, 5000);
    const view = resize(line, 256, 1_280_000, { view: { left: 16, top: 639_888, width: 224, height: 224 } });
    assert.equal(view.length, 3 * 224 * 224);
    // Magnified 256 times around the border of two pixels.
    const middle = [line.pixels[3 * 2499], line.pixels[3 * 2500]];
    assert.ok(Math.abs(view[0] - middle[0]) < 60 && Math.abs(view[223 * 224] - middle[1]) < 60);
  });

  test('never writes to the image', () => {
    const image = noise(30, 20);
    const before = image.pixels.slice();
    resize(image, 11, 40);
    assert.deepEqual(image.pixels, before);
  });
});
