import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../random/rng.js';
import type { Image } from '../image.js';
import { colorJitter } from './colorJitter.js';

const IMAGE: Image = { size: 6, pixels: Uint8Array.from({ length: 108 }, (_, at) => (at * 29) & 255) };
const STILL = { step: 'colorJitter', brightness: 0, contrast: 0, saturation: 0 } as const;

describe('colorJitter', () => {
  test('leaves out what has spread 0', () => {
    assert.equal(colorJitter(IMAGE, STILL, seeded(1)), IMAGE);
  });

  test('draws factors evenly from 1 − x to 1 + x, but none below 0', () => {
    // A white image shows its factor below 1: the brightness is 255 times as much.
    const white: Image = { size: 1, pixels: new Uint8Array(3).fill(255) };
    const dim: Image = { size: 1, pixels: new Uint8Array(3).fill(100) };
    const values = (image: Image, spread: number): number[] =>
      Array.from(
        { length: 4000 },
        (_, seed) => colorJitter(image, { ...STILL, brightness: spread }, seeded(seed)).pixels[0],
      );
    const half = values(dim, 0.4);
    assert.ok(Math.min(...half) >= 60 && Math.min(...half) < 62 && Math.max(...half) <= 140 && Math.max(...half) > 138);
    assert.ok(Math.abs(half.reduce((sum, value) => sum + value, 0) / half.length - 99.5) < 1.6);
    const wide = values(white, 3).filter((value) => value < 255);
    // Of the factors 0 ... 4 a quarter is below 1.
    assert.ok(Math.abs(wide.length / 4000 - 0.25) < 0.03, `${wide.length}`);
  });

  test('takes them in either order equally often', () => {
    // This much contrast leaves only black and white; other values appear only if the image was darkened afterwards.
    const halves: Image = { size: 2, pixels: Uint8Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? 50 : 200)) };
    const results = Array.from({ length: 2000 }, (_, seed) =>
      colorJitter(halves, { ...STILL, brightness: 0.5, contrast: 1e6 }, seeded(seed)),
    );
    const darkened = results.filter(({ pixels }) => pixels.some((value) => value > 0 && value < 255));
    assert.ok(Math.abs(darkened.length / 2000 - 0.25) < 0.04, `${darkened.length}`);
  });

  test('gives the same image for the same seed and does not write its input', () => {
    const spread = fc.double({ min: 0, max: 5, noNaN: true });
    const before = IMAGE.pixels.slice();
    fc.assert(
      fc.property(spread, spread, spread, fc.nat(), (first, second, third, seed) => {
        const parameters = { ...STILL, brightness: first, contrast: second, saturation: third };
        const result = colorJitter(IMAGE, parameters, seeded(seed));
        assert.equal(result.pixels.length, before.length);
        assert.deepEqual(colorJitter(IMAGE, parameters, seeded(seed)), result);
        assert.deepEqual(IMAGE.pixels, before);
      }),
    );
  });
});
