import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { MOST_MAGNITUDE, OPERATION_NAMES, OPERATIONS } from './operations/table.js';
import type { OperationName } from './operations/table.js';
import { requireNotNegative, requireShare, requireWithin } from './parameters.js';

/**
 * RandAugment (Cubuk et al., 2020) as in timm: draws `operations` of the 15 independently and uniformly, and applies
 * each with `probability` at its own magnitude. DeiT's `rand-m9-mstd0.5-inc1` is 2, 9, 0.5 and 0.5.
 */
export interface RandAugment {
  readonly step: 'randAugment';
  /** Operations drawn per image. */
  readonly operations: number;
  /** Mean of the magnitude, 0 to 10. */
  readonly magnitude: number;
  /** Standard deviation of the magnitude, which is normal and clamped to 0 ... 10. */
  readonly magnitudeStd: number;
  /** The probability of applying a drawn operation. */
  readonly probability: number;
}

/** DeiT's setting. */
export const DEIT_RAND_AUGMENT: RandAugment = {
  step: 'randAugment',
  operations: 2,
  magnitude: 9,
  magnitudeStd: 0.5,
  probability: 0.5,
};

/** Throws a UserError for a parameter that makes no sense. */
export function checkRandAugment({ operations, magnitude, magnitudeStd, probability }: RandAugment): void {
  if (!(Number.isSafeInteger(operations) && operations >= 1)) {
    throw new UserError(`randAugment draws ${operations} operations; it must be a whole number from 1`);
  }
  requireWithin('the magnitude of randAugment', magnitude, [0, MOST_MAGNITUDE]);
  requireNotNegative('the magnitudeStd of randAugment', magnitudeStd);
  requireShare('the probability of randAugment', probability);
}

/** A drawn operation and its argument. */
export interface DrawnOperation {
  readonly name: OperationName;
  readonly argument: number;
}

/** The operations to apply to one image, in order: those drawn, minus those skipped. */
export function drawOperations(parameters: RandAugment, rng: Rng): DrawnOperation[] {
  const drawn: DrawnOperation[] = [];
  for (let count = 0; count < parameters.operations; count++) {
    const name = rng.pick(OPERATION_NAMES);
    if (rng.uniform() >= parameters.probability) continue;
    const magnitude = parameters.magnitude + parameters.magnitudeStd * rng.normal();
    const strength = Math.max(0, Math.min(MOST_MAGNITUDE, magnitude)) / MOST_MAGNITUDE;
    drawn.push({ name, argument: OPERATIONS[name].argument(strength, rng.uniform() < 0.5 ? 1 : -1) });
  }
  return drawn;
}

/** Returns a new image, or `image` itself if no operation applies; does not modify `image`. */
export function randAugment(image: Image, parameters: RandAugment, rng: Rng): Image {
  return drawOperations(parameters, rng).reduce(
    (augmented, { name, argument }) => OPERATIONS[name].apply(augmented, argument),
    image,
  );
}
