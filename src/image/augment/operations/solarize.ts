import type { Image } from '../../image.js';
import { lookUp, tableOf } from './lookUp.js';

/** Inverts the values from `threshold` up; 256 changes nothing. */
export function solarize(image: Image, threshold: number): Image {
  return lookUp(
    image,
    tableOf((value) => (value < threshold ? value : 255 - value)),
  );
}
