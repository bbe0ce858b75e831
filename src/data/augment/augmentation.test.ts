import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import type { Image } from '../image.js';
import { augment, checkAugmentation, NO_AUGMENTATION, SMALL_IMAGE_AUGMENTATION } from './augmentation.js';
import type { Augmentation, AugmentStep } from './augmentation.js';
import { horizontalFlip } from './horizontalFlip.js';
import type { HorizontalFlip } from './horizontalFlip.js';
import { paddedCrop } from './paddedCrop.js';
import type { PaddedCrop } from './paddedCrop.js';
import { INCEPTION_CROP } from './randomResizedCrop.js';

const IMAGE: Image = { size: 8, pixels: Uint8Array.from({ length: 192 }, (_, at) => at) };
const CROP: PaddedCrop = { step: 'paddedCrop', padding: 2, fill: 'black' };
const FLIP: HorizontalFlip = { step: 'horizontalFlip', probability: 0.5 };

describe('augment', () => {
  test('applies the steps in their order, each with the stream of its position', () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = seeded(seed);
      const cropped = paddedCrop(IMAGE, CROP, rng.fork(0));
      assert.deepEqual(augment(IMAGE, [CROP, FLIP], rng), horizontalFlip(cropped, FLIP, rng.fork(1)));
      assert.deepEqual(augment(IMAGE, [CROP], rng), cropped);
    }
  });

  test('does nothing without steps', () => {
    assert.deepEqual(augment(IMAGE, NO_AUGMENTATION.steps, seeded(1)), IMAGE);
  });
});

describe('checkAugmentation', () => {
  const refuses = (augmentation: Augmentation, message: RegExp): void => {
    assert.throws(
      () => {
        checkAugmentation(augmentation, 8);
      },
      (error) => error instanceof UserError && message.test(error.message) && !error.message.includes('\n'),
    );
  };
  const step = (one: AugmentStep): Augmentation => ({ steps: [FLIP, one] });

  test('accepts what makes sense, up to the bounds', () => {
    checkAugmentation(NO_AUGMENTATION, 1);
    checkAugmentation({ ...SMALL_IMAGE_AUGMENTATION, randomResizedCrop: INCEPTION_CROP }, 32);
    for (const probability of [0, 1]) checkAugmentation(step({ ...FLIP, probability }), 8);
    for (const padding of [0, 7]) checkAugmentation(step({ ...CROP, padding }), 8);
    checkAugmentation({ steps: [], randomResizedCrop: { scale: [1, 1], ratio: [1, 1] } }, 8);
  });

  test('refuses a probability outside of 0 to 1', () => {
    for (const probability of [-0.1, 1.1, NaN]) {
      refuses(step({ ...FLIP, probability }), /the probability of horizontalFlip is .*; it must be 0 to 1/);
    }
  });

  test('refuses a padding that is no whole number below the side', () => {
    for (const padding of [-1, 0.5, 8, NaN, Infinity]) {
      refuses(step({ ...CROP, padding }), /the padding of paddedCrop is .*; for images of 8 × 8 it must be 0 to 7/);
    }
  });

  test('refuses ranges of the random crop that do not rise, begin at 0 or exceed the image', () => {
    const { scale, ratio } = INCEPTION_CROP;
    for (const wrong of [
      [0, 1],
      [0.5, 0.2],
      [0.5, 1.1],
      [NaN, 1],
      [0.1, NaN],
    ] as const) {
      refuses(
        { steps: [], randomResizedCrop: { scale: wrong, ratio } },
        /the scale of randomResizedCrop is .* to at most 1/,
      );
    }
    for (const wrong of [
      [0, 1],
      [2, 1],
      [-1, 1],
      [NaN, 1],
      [1, Infinity],
    ] as const) {
      refuses(
        { steps: [], randomResizedCrop: { scale, ratio: wrong } },
        /the ratio of randomResizedCrop is .* from above 0$/,
      );
    }
  });
});
