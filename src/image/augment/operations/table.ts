import type { Image } from '../../image.js';
import { autoContrast } from './autoContrast.js';
import { brightness } from './brightness.js';
import { colour } from './colour.js';
import { contrast } from './contrast.js';
import { equalize } from './equalize.js';
import { invert } from './invert.js';
import { posterize } from './posterize.js';
import { rotate } from './rotate.js';
import { sharpness } from './sharpness.js';
import { shearX, shearY } from './shear.js';
import { solarize } from './solarize.js';
import { solarizeAdd } from './solarizeAdd.js';
import { translateX, translateY } from './translate.js';

/** The 15 operations that RandAugment draws from: timm's "increasing" set. */
export const OPERATION_NAMES = [
  'autoContrast',
  'equalize',
  'invert',
  'rotate',
  'posterize',
  'solarize',
  'solarizeAdd',
  'colour',
  'contrast',
  'brightness',
  'sharpness',
  'shearX',
  'shearY',
  'translateX',
  'translateY',
] as const;

export type OperationName = (typeof OPERATION_NAMES)[number];

/** The largest magnitude, where every operation is strongest. */
export const MOST_MAGNITUDE = 10;

/** One operation. */
export interface Operation {
  /** The argument of `apply`, from the strength, 0 to 1, and the direction, drawn if the operation has two. */
  readonly argument: (strength: number, direction: 1 | -1) => number;
  /** Returns a new image, or the same one if nothing changes. */
  readonly apply: (image: Image, argument: number) => Image;
}

const none = (): number => 0;
const upTo =
  (most: number) =>
  (strength: number, direction: 1 | -1): number =>
    direction * (strength * most);
/** Away from 1, which leaves the image as it is. */
const factor = (strength: number, direction: 1 | -1): number => 1 + direction * (strength * 0.9);

/** The implementation of each operation; a missing one does not compile. Arguments match timm's to the last bit. */
export const OPERATIONS: { readonly [N in OperationName]: Operation } = {
  autoContrast: { argument: none, apply: autoContrast },
  equalize: { argument: none, apply: equalize },
  invert: { argument: none, apply: invert },
  /** Degrees. */
  rotate: { argument: upTo(30), apply: rotate },
  /** Bits kept. */
  posterize: { argument: (strength) => 4 - Math.trunc(strength * 4), apply: posterize },
  /** The lowest value to invert. */
  solarize: { argument: (strength) => 256 - Math.trunc(strength * 256), apply: solarize },
  solarizeAdd: { argument: (strength) => Math.trunc(strength * 110), apply: solarizeAdd },
  colour: { argument: factor, apply: colour },
  contrast: { argument: factor, apply: contrast },
  brightness: { argument: factor, apply: brightness },
  sharpness: { argument: factor, apply: sharpness },
  shearX: { argument: upTo(0.3), apply: shearX },
  shearY: { argument: upTo(0.3), apply: shearY },
  /** Fractions of the side. */
  translateX: { argument: upTo(0.45), apply: translateX },
  translateY: { argument: upTo(0.45), apply: translateY },
};
