import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { requireShare } from './parameters.js';

/** Mirrors an image left to right with the given probability. */
export interface HorizontalFlip {
  readonly step: 'horizontalFlip';
  readonly probability: number;
}

/** Throws a UserError for a parameter that makes no sense. */
export function checkHorizontalFlip({ probability }: HorizontalFlip): void {
  requireShare('the probability of horizontalFlip', probability);
}

/** Returns `image` itself or its mirror image. */
export function horizontalFlip(image: Image, { probability }: HorizontalFlip, rng: Rng): Image {
  if (rng.uniform() >= probability) return image;
  const { size, pixels } = image;
  const mirrored = pixels.slice();
  for (let row = 0; row < mirrored.length; row += size) mirrored.subarray(row, row + size).reverse();
  return { size, pixels: mirrored };
}
