import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { horizontalFlip } from './horizontalFlip.js';
import type { HorizontalFlip } from './horizontalFlip.js';
import type { Mixing } from './mixing.js';
import { paddedCrop } from './paddedCrop.js';
import type { PaddedCrop } from './paddedCrop.js';
import type { RandomResizedCrop } from './randomResizedCrop.js';

/** One step of an augmentation: plain data, so that it stands in a configuration and crosses to worker threads. */
export type AugmentStep = PaddedCrop | HorizontalFlip;

/** What is done to a training image, at random. */
export interface Augmentation {
  /**
   * How the original becomes a square of the network's size. Left out: as in evaluation. It needs the originals, so a
   * source that it is used on is better not decoded into memory beforehand, where images have the network's size.
   */
  readonly randomResizedCrop?: RandomResizedCrop;
  /** Applied to the square image, in this order. */
  readonly steps: readonly AugmentStep[];
  /** Applied last, to the whole batch. */
  readonly mixing?: Mixing;
}

/** Whether augmented images are bytes still; mixing them makes real numbers. */
export function isMadeOfBytes({ mixing }: Augmentation): boolean {
  return mixing === undefined;
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

/** What each step does. A step that is missing here does not compile. */
const STEPS: { readonly [N in AugmentStep['step']]: Apply<Extract<AugmentStep, { step: N }>> } = {
  paddedCrop,
  horizontalFlip,
};

/** A step as a pure function: the same image, parameters and draws give the same result, and the input is not written. */
type Apply<S extends AugmentStep> = (image: Image, parameters: S, rng: Rng) => Image;

/** Applies the steps in order, each with a stream of its own, so that adding one leaves the draws of the others alone. */
export function augment(image: Image, steps: readonly AugmentStep[], rng: Rng): Image {
  return steps.reduce((current, parameters, position) => {
    const apply = STEPS[parameters.step] as Apply<AugmentStep>;
    return apply(current, parameters, rng.fork(position));
  }, image);
}

/** Throws a UserError for a parameter that makes no sense for images of `size` × `size`. */
export function checkAugmentation({ randomResizedCrop, steps }: Augmentation, size: number): void {
  if (randomResizedCrop !== undefined) {
    checkRange('scale', randomResizedCrop.scale, 1);
    checkRange('ratio', randomResizedCrop.ratio, Infinity);
  }
  for (const step of steps) {
    if (step.step === 'horizontalFlip' && !(step.probability >= 0 && step.probability <= 1)) {
      throw new UserError(`the probability of horizontalFlip is ${step.probability}; it must be 0 to 1`);
    }
    if (step.step === 'paddedCrop' && !(Number.isInteger(step.padding) && step.padding >= 0 && step.padding < size)) {
      throw new UserError(
        `the padding of paddedCrop is ${step.padding}; for images of ${size} × ${size} it must be 0 to ${size - 1}`,
      );
    }
  }
}

function checkRange(name: string, [least, greatest]: readonly [number, number], limit: number): void {
  if (!(least > 0 && least <= greatest && greatest <= limit && greatest < Infinity)) {
    throw new UserError(
      `the ${name} of randomResizedCrop is ${least} to ${greatest}; it must rise from above 0${limit === 1 ? ' to at most 1' : ''}`,
    );
  }
}
