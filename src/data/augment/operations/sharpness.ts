import type { Image } from '../../image.js';
import { blendByte, weightedDifferences } from './blend.js';

/** Weights of the smoothing: this in the middle, 1 for each of the eight neighbours. */
const MIDDLE = 5;
const ALL = MIDDLE + 8;

/** The rounded mean for every weighted sum of nine bytes. */
const SMOOTHED = Uint8Array.from({ length: 255 * ALL + 1 }, (_, sum) => Math.round(sum / ALL));

/** With factor 0 the image is smoothed, with 1 as it was, beyond sharper. The outermost pixels stay as they are. */
export function sharpness({ size, pixels }: Image, factor: number): Image {
  const weighted = weightedDifferences(factor);
  const blended = pixels.slice();
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 1; y < size - 1; y++) {
      const row = (channel * size + y) * size;
      let before = column(pixels, row, size);
      let here = column(pixels, row + 1, size);
      for (let at = row + 1; at < row + size - 1; at++) {
        const after = column(pixels, at + 1, size);
        const original = pixels[at];
        blended[at] = blendByte(SMOOTHED[before + here + after + (MIDDLE - 1) * original], original, weighted);
        before = here;
        here = after;
      }
    }
  }
  return { size, pixels: blended };
}

/** The sum of a pixel and those above and below it. */
function column(pixels: Uint8Array, at: number, size: number): number {
  return pixels[at - size] + pixels[at] + pixels[at + size];
}
