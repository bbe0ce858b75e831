import type { Image } from '../../image.js';
import { blend } from './blend.js';
import { grey } from './grey.js';
import { lookUp, tableOf } from './lookUp.js';

/** Factor 0 gives the average grey, 1 the original, more a higher contrast. */
export function contrast(image: Image, factor: number): Image {
  const average = meanGrey(image);
  return lookUp(
    image,
    tableOf((value) => blend(average, value, factor)),
  );
}

/** The mean brightness, rounded. */
function meanGrey({ size, pixels }: Image): number {
  const plane = size * size;
  let sum = 0;
  for (let at = 0; at < plane; at++) sum += grey(pixels[at], pixels[at + plane], pixels[at + 2 * plane]);
  return Math.trunc(sum / plane + 0.5);
}
