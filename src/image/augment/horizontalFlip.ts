import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { withBytes } from './operations/byteMemory.js';
import { requireShare } from './parameters.js';

/** Flips an image left to right with the given probability. */
export interface HorizontalFlip {
  readonly step: 'horizontalFlip';
  readonly probability: number;
}

/** Throws a UserError for a parameter that makes no sense. */
export function checkHorizontalFlip({ probability }: HorizontalFlip): void {
  requireShare('the probability of horizontalFlip', probability);
}

/** Returns `image` itself or its flipped copy. */
export function horizontalFlip(image: Image, { probability }: HorizontalFlip, rng: Rng): Image {
  if (rng.uniform() >= probability) return image;
  return mirror(image);
}

function mirror({ size, pixels }: Image): Image {
  const mirrored = withBytes(pixels, 0, ({ kernels, bytes, source, target }) => {
    kernels.mirrorRows(source, size, pixels.length / size, target);
    return bytes.slice(target, target + pixels.length);
  });
  return { size, pixels: mirrored };
}
