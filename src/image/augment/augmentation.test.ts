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
import { DEIT_RAND_AUGMENT } from './randAugment.js';
import { DEIT_RANDOM_ERASING } from './randomErasing.js';
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

  test('accepts the recipe of DeiT and every parameter at its bounds', () => {
    checkAugmentation(
      { steps: [DEIT_RAND_AUGMENT], randomErasing: DEIT_RANDOM_ERASING, randomResizedCrop: INCEPTION_CROP },
      224,
    );
    for (const magnitude of [0, 10]) {
      checkAugmentation(step({ ...DEIT_RAND_AUGMENT, operations: 1, magnitude, magnitudeStd: 0, probability: 1 }), 8);
    }
    checkAugmentation(step({ step: 'colorJitter', brightness: 0, contrast: 0, saturation: 2 }), 8);
    checkAugmentation({ steps: [], randomErasing: { probability: 1, area: [1, 1], ratio: [1, 1] } }, 8);
  });

  test('names the parameter of RandAugment, colour jitter, erasing or mixing that makes no sense', () => {
    const rand = DEIT_RAND_AUGMENT;
    const jitter = { step: 'colorJitter', brightness: 0.4, contrast: 0.4, saturation: 0.4 } as const;
    const mixing = { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 };
    for (const operations of [0, -1, 1.5, NaN, Infinity]) {
      refuses(step({ ...rand, operations }), /^randAugment draws .* operations; it must be a whole number from 1$/);
    }
    for (const magnitude of [-1, 10.1, NaN]) {
      refuses(step({ ...rand, magnitude }), /^the magnitude of randAugment is .*; it must be 0 to 10$/);
    }
    for (const wrong of [-0.1, NaN, Infinity]) {
      refuses(step({ ...rand, magnitudeStd: wrong }), /^the magnitudeStd of randAugment is .*; it must be 0 or more$/);
      for (const name of ['brightness', 'contrast', 'saturation'] as const) {
        const message = new RegExp(`^the ${name} of colorJitter is .*; it must be 0 or more$`);
        refuses(step({ ...jitter, [name]: wrong }), message);
      }
    }
    for (const probability of [-0.1, 1.1, NaN]) {
      refuses(step({ ...rand, probability }), /^the probability of randAugment is .*; it must be 0 to 1$/);
      const randomErasing = { probability };
      refuses({ steps: [], randomErasing }, /^the probability of randomErasing is .*; it must be 0 to 1$/);
      refuses({ steps: [], mixing: { ...mixing, probability } }, /^mixing: probability is/);
    }
    for (const area of [
      [0, 0.3],
      [0.3, 0.2],
      [0.1, 1.1],
      [NaN, 1],
    ] as const) {
      refuses({ steps: [], randomErasing: { probability: 1, area } }, /^the area of randomErasing is .* to at most 1$/);
    }
    for (const ratio of [
      [0, 1],
      [2, 1],
      [1, Infinity],
      [1, NaN],
    ] as const) {
      refuses(
        { steps: [], randomErasing: { probability: 1, ratio } },
        /^the ratio of randomErasing is .* from above 0$/,
      );
    }
  });

  test('refuses a padding that is not a whole number below the side', () => {
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
