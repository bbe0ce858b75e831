import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../random/rng.js';
import type { Image } from '../../image.js';
import { blend } from './blend.js';
import { colour } from './colour.js';
import { grey } from './grey.js';
import { lookUp, tableOf, tablesByHistogram } from './lookUp.js';
import { sharpness } from './sharpness.js';

/** Noise of `values` different values. */
const image = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.constantFrom(1, 2, 7, 256))
  .map(([size, seed, values]): Image => {
    const rng = seeded(seed);
    const step = 255 / Math.max(1, values - 1);
    return { size, pixels: Uint8Array.from({ length: 3 * size * size }, () => 255 - step * rng.int(values)) };
  });

const toByte = (value: number): number => Math.trunc(Math.max(0, Math.min(255, value)));

function slowColour({ size, pixels }: Image, factor: number): Image {
  const plane = size * size;
  const blended = pixels.map((original, index) => {
    const at = index % plane;
    return toByte(blend(grey(pixels[at], pixels[at + plane], pixels[at + 2 * plane]), original, factor));
  });
  return { size, pixels: blended };
}

function slowSharpness({ size, pixels }: Image, factor: number): Image {
  const sharpened = pixels.map((original, index) => {
    const x = index % size;
    const y = Math.floor(index / size) % size;
    if (x === 0 || y === 0 || x === size - 1 || y === size - 1) return original;
    const rows = [index - size, index, index + size];
    const sum = rows.reduce((all, row) => all + pixels[row - 1] + pixels[row] + pixels[row + 1], 4 * original);
    return toByte(blend(Math.round(sum / 13), original, factor));
  });
  return { size, pixels: sharpened };
}

describe('going through bytes, compared with one at a time', () => {
  test('looks up in one table, and in one per channel', () => {
    const tables = [
      tableOf((value) => 255 - value),
      tableOf((value) => value / 3),
      tableOf((value) => value ^ 85),
    ] as const;
    fc.assert(
      fc.property(image, (original) => {
        const { size, pixels } = original;
        assert.deepEqual(
          lookUp(original, tables[0]).pixels,
          pixels.map((value) => tables[0][value]),
        );
        assert.deepEqual(
          lookUp(original, ...tables).pixels,
          pixels.map((value, at) => tables[Math.floor(at / (size * size))][value]),
        );
      }),
    );
  });

  test('counts every pixel of a channel', () => {
    fc.assert(
      fc.property(image, (original) => {
        const found: number[][] = [];
        tablesByHistogram(original, (histogram) => {
          found.push([...histogram]);
          return tableOf((value) => value);
        });
        const expected = found.map(() => Array<number>(256).fill(0));
        original.pixels.forEach((value, at) => expected[Math.floor(at / original.size ** 2)][value]++);
        assert.equal(found.length, 3);
        assert.deepEqual(found, expected);
      }),
    );
  });

  const factor = fc.oneof(fc.double({ min: -2, max: 4, noNaN: true }), fc.constantFrom(0, 1, 0.1, 1.9, 1e-30));

  test('takes and gives colour to the last bit', () => {
    fc.assert(
      fc.property(image, factor, (original, by) => {
        assert.deepEqual(colour(original, by), slowColour(original, by));
      }),
    );
  });

  test('sharpens and smooths to the last bit', () => {
    fc.assert(
      fc.property(image, factor, (original, by) => {
        assert.deepEqual(sharpness(original, by), slowSharpness(original, by));
      }),
    );
  });

  test('smooths every sum of nine bytes as rounding has it', () => {
    // One image of 3 × 3 pixels by sum: its middle is the rounded thirteenth.
    for (let sum = 0; sum <= 255 * 13; sum++) {
      const middle = Math.min(255, Math.floor(sum / 5));
      const around = Array.from({ length: 8 }, (_, at) => Math.max(0, Math.min(255, sum - 5 * middle - 255 * at)));
      const plane = [...around.slice(0, 4), middle, ...around.slice(4)];
      const { pixels } = sharpness({ size: 3, pixels: Uint8Array.from([...plane, ...plane, ...plane]) }, 0);
      assert.deepEqual([pixels[4], pixels[13], pixels[22]], Array(3).fill(Math.round(sum / 13)), `${sum}`);
    }
  });
});
