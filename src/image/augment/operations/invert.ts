import type { Image } from '../../image.js';
import { lookUp, tableOf } from './lookUp.js';

const INVERTED = tableOf((value) => 255 - value);

/** The negative image. */
export function invert(image: Image): Image {
  return lookUp(image, INVERTED);
}
