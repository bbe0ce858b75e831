import type { Image } from '../../image.js';
import { blendByte, weightedDifferences } from './blend.js';
import { grey } from './grey.js';

/** With factor 0 the image is grey, with 1 as it was, beyond more colourful. */
export function colour({ size, pixels }: Image, factor: number): Image {
  const plane = size * size;
  const weighted = weightedDifferences(factor);
  const blended = new Uint8Array(pixels.length);
  for (let at = 0; at < plane; at++) {
    const red = pixels[at];
    const green = pixels[at + plane];
    const blue = pixels[at + 2 * plane];
    const degenerate = grey(red, green, blue);
    blended[at] = blendByte(degenerate, red, weighted);
    blended[at + plane] = blendByte(degenerate, green, weighted);
    blended[at + 2 * plane] = blendByte(degenerate, blue, weighted);
  }
  return { size, pixels: blended };
}
