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

/** One step of an augmentation: plain data, so that it stands in a configuration and crosses to worker threads. */
export type AugmentStep = PaddedCrop | HorizontalFlip | RandAugment | ColorJitter;

/** What is done to a training image, at random. */
export interface Augmentation {
  /**
   * How the original becomes a square of the network's size. Left out: as in evaluation. It needs the originals, so a
   * source that it is used on is better not decoded into memory beforehand, where images have the network's size.
   */
  readonly randomResizedCrop?: RandomResizedCrop;
  /** Applied to the square image, in this order. */
  readonly steps: readonly AugmentStep[];
  /** Applied to the image after the steps, as real numbers. */
  readonly randomErasing?: RandomErasing;
  /** Applied last, to the whole batch. */
  readonly mixing?: Mixing;
}

/** Whether augmented images are bytes still; mixing them or putting noise into them makes real numbers. */
export function isMadeOfBytes({ randomErasing, mixing }: Augmentation): boolean {
  return randomErasing === undefined && mixing === undefined;
}

/** Nothing at random: what evaluation sees. */
export const NO_AUGMENTATION: Augmentation = { steps: [] };

/** The usual one for images of 32 × 32: pad 4, crop, flip. */
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

/** What each step does. A step that is missing here does not compile. */
const STEPS: { readonly [N in AugmentStep['step']]: StepKind<Extract<AugmentStep, { step: N }>> } = {
  paddedCrop: { apply: paddedCrop, check: checkPaddedCrop },
  horizontalFlip: { apply: horizontalFlip, check: checkHorizontalFlip },
  randAugment: { apply: randAugment, check: checkRandAugment },
  colorJitter: { apply: colorJitter, check: checkColorJitter },
};

function kindOf({ step }: AugmentStep): StepKind<AugmentStep> {
  return STEPS[step] as StepKind<AugmentStep>;
}

/** Applies the steps in order, each with a stream of its own, so that adding one leaves the draws of the others alone. */
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
