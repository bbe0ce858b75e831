import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../random/rng.js';
import type { Image } from '../../image.js';
import { OPERATION_NAMES, OPERATIONS } from './table.js';
import type { OperationName } from './table.js';

function noise(size: number, seed: number): Image {
  const rng = seeded(seed);
  return { size, pixels: Uint8Array.from({ length: 3 * size * size }, () => rng.int(256)) };
}

/** The arguments that leave every image as it is; none for the operations that take no argument. */
const NEUTRAL: { readonly [N in OperationName]?: number } = {
  rotate: 0,
  posterize: 8,
  solarize: 256,
  solarizeAdd: 0,
  colour: 1,
  contrast: 1,
  brightness: 1,
  sharpness: 1,
  shearX: 0,
  shearY: 0,
  translateX: 0,
  translateY: 0,
};

const direction = fc.constantFrom<1 | -1>(1, -1);
const strength = fc.double({ min: 0, max: 1, noNaN: true });
const image = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.nat()).map(([size, seed]) => noise(size, seed));

for (const name of OPERATION_NAMES) {
  const { argument, apply } = OPERATIONS[name];

  describe(name, () => {
    test('gives an image of the same size at every strength, and does not write its input', () => {
      fc.assert(
        fc.property(image, strength, direction, (original, how, sign) => {
          const before = original.pixels.slice();
          const result = apply(original, argument(how, sign));
          assert.equal(result.size, original.size);
          assert.equal(result.pixels.length, before.length);
          assert.deepEqual(original.pixels, before);
          assert.deepEqual(apply(original, argument(how, sign)), result);
        }),
      );
    });

    const neutral = NEUTRAL[name];
    if (neutral !== undefined) {
      test(`leaves an image as it is with ${neutral}`, () => {
        fc.assert(fc.property(image, (original) => assert.deepEqual(apply(original, neutral), original)));
      });
    }
  });
}

describe('the operations', () => {
  const SIZE = 8;
  const ramp: Image = { size: SIZE, pixels: Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, at) => at) };
  const at = ({ pixels }: Image, x: number, y: number): number => pixels[y * SIZE + x];

  test('move whole pixels exactly, to the left and up for positive shares, and fill what comes in', () => {
    const left = OPERATIONS.translateX.apply(ramp, 0.25);
    assert.equal(at(left, 0, 3), at(ramp, 2, 3));
    assert.equal(at(left, 7, 3), 124);
    const down = OPERATIONS.translateY.apply(ramp, -0.25);
    assert.equal(at(down, 3, 2), at(ramp, 3, 0));
    assert.equal(at(down, 3, 1), 124);
  });

  test('shear rows and columns alike', () => {
    const transposed = ({ size, pixels }: Image): Image => ({
      size,
      pixels: pixels.map((_, index) => {
        const [channel, place] = [Math.floor(index / (size * size)), index % (size * size)];
        return pixels[channel * size * size + (place % size) * size + Math.floor(place / size)];
      }),
    });
    for (const slope of [0.3, -0.17]) {
      const rows = OPERATIONS.shearX.apply(ramp, slope);
      assert.deepEqual(transposed(OPERATIONS.shearY.apply(transposed(ramp), slope)), rows);
    }
  });

  test('leave a flat image flat where there is nothing to stretch or to spread', () => {
    const flat: Image = { size: 4, pixels: new Uint8Array(48).fill(90) };
    for (const name of ['autoContrast', 'equalize', 'sharpness', 'colour', 'contrast'] as const) {
      assert.deepEqual(OPERATIONS[name].apply(flat, 1.9), flat, name);
    }
  });

  test('stretch each channel by itself', () => {
    const { pixels } = OPERATIONS.autoContrast.apply(ramp, 0);
    for (const channel of [0, 1, 2]) {
      const values = pixels.subarray(64 * channel, 64 * (channel + 1));
      assert.deepEqual([Math.min(...values), Math.max(...values)], [0, 255]);
    }
  });
});
