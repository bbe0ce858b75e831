import type { Image } from '../../image.js';
import { lookUp, tableOf } from './lookUp.js';

/** Values below this count as dark. */
const THRESHOLD = 128;

/** Adds to the dark values, clamped at 255. */
export function solarizeAdd(image: Image, addition: number): Image {
  return lookUp(
    image,
    tableOf((value) => (value < THRESHOLD ? value + addition : value)),
  );
}
