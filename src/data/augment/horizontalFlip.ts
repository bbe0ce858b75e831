import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';

/** Mirrors an image left to right with the given probability. */
export interface HorizontalFlip {
  readonly step: 'horizontalFlip';
  readonly probability: number;
}

/** Returns `image` itself or its mirror image. */
export function horizontalFlip(image: Image, { probability }: HorizontalFlip, rng: Rng): Image {
  if (rng.uniform() >= probability) return image;
  const { size, pixels } = image;
  const mirrored = new Uint8Array(pixels.length);
  for (let row = 0; row < pixels.length; row += size) {
    for (let x = 0; x < size; x++) mirrored[row + x] = pixels[row + size - 1 - x];
  }
  return { size, pixels: mirrored };
}
