import type { Image } from '../../image.js';
import { blend } from './blend.js';
import { grey } from './grey.js';
import { lookUp, tableOf } from './lookUp.js';

/** With factor 0 the image is of the grey that it is on average, with 1 as it was, beyond of more contrast. */
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
