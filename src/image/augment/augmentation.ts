import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { checkColorJitter, colorJitter } from './colorJitter.js';
import type { ColorJitter } from './colorJitter.js';
import { checkHorizontalFlip, horizontalFlip } from './horizontalFlip.js';
import type { HorizontalFlip } from './horizontalFlip.js';
import { checkMixing } from './mixing.js';
import type { Mixing } from './mixing.js';
import { checkPaddedCrop, paddedCrop } from './paddedCrop.js';
import type { PaddedCrop } from './paddedCrop.js';
import { checkRandAugment, randAugment } from './randAugment.js';
import type { RandAugment } from './randAugment.js';
import { checkRandomErasing } from './randomErasing.js';
import type { RandomErasing } from './randomErasing.js';
import { checkRandomResizedCrop } from './randomResizedCrop.js';
import type { RandomResizedCrop } from './randomResizedCrop.js';

/** One step of an augmentation. Plain data, for configurations and worker threads. */
export type AugmentStep = PaddedCrop | HorizontalFlip | RandAugment | ColorJitter;

/** Random augmentation of training images. */
export interface Augmentation {
  /**
   * How the original becomes a square of the network's size. Default: as in evaluation. It needs the originals, so do
   * not decode the source into memory, where images have the network's size already.
   */
  readonly randomResizedCrop?: RandomResizedCrop;
  /** Applied to the square image, in this order. */
  readonly steps: readonly AugmentStep[];
  /** Applied to the image after the steps, in floating point. */
  readonly randomErasing?: RandomErasing;
  /** Applied last, to the whole batch. */
  readonly mixing?: Mixing;
}

/** Whether augmented images are still bytes; mixing and noise turn them into floats. */
export function isMadeOfBytes({ randomErasing, mixing }: Augmentation): boolean {
  return randomErasing === undefined && mixing === undefined;
}

/** No randomness: as in evaluation. */
export const NO_AUGMENTATION: Augmentation = { steps: [] };

/** The usual augmentation for 32 × 32 images: pad 4, crop, flip. */
export const SMALL_IMAGE_AUGMENTATION: Augmentation = {
  steps: [
    { step: 'paddedCrop', padding: 4, fill: 'black' },
    { step: 'horizontalFlip', probability: 0.5 },
  ],
};

/** A kind of step. */
interface StepKind<S extends AugmentStep> {
  /** A pure function: the same image, parameters and draws give the same result, and the input is not written. */
  readonly apply: (image: Image, parameters: S, rng: Rng) => Image;
  /** Throws a UserError for a parameter that makes no sense for images of `size` × `size`. */
  readonly check: (parameters: S, size: number) => void;
}

/** The implementation of each step. A missing one does not compile. */
const STEPS: { readonly [N in AugmentStep['step']]: StepKind<Extract<AugmentStep, { step: N }>> } = {
  paddedCrop: { apply: paddedCrop, check: checkPaddedCrop },
  horizontalFlip: { apply: horizontalFlip, check: checkHorizontalFlip },
  randAugment: { apply: randAugment, check: checkRandAugment },
  colorJitter: { apply: colorJitter, check: checkColorJitter },
};

function kindOf({ step }: AugmentStep): StepKind<AugmentStep> {
  return STEPS[step] as StepKind<AugmentStep>;
}

/**
 * Applies the steps in order, each with its own random stream, so that adding one does not change the others' draws.
 */
export function augment(image: Image, steps: readonly AugmentStep[], rng: Rng): Image {
  return steps.reduce(
    (current, parameters, position) => kindOf(parameters).apply(current, parameters, rng.fork(position)),
    image,
  );
}

/** Throws a UserError for a parameter that makes no sense for images of `size` × `size`. */
export function checkAugmentation(
  { randomResizedCrop, steps, randomErasing, mixing }: Augmentation,
  size: number,
): void {
  if (randomResizedCrop !== undefined) checkRandomResizedCrop(randomResizedCrop);
  for (const parameters of steps) kindOf(parameters).check(parameters, size);
  if (randomErasing !== undefined) checkRandomErasing(randomErasing);
  if (mixing !== undefined) checkMixing(mixing);
}
