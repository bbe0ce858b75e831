import type { Image } from '../../image.js';
import { blend } from './blend.js';
import { lookUp, tableOf } from './lookUp.js';

/** Factor 0 gives black, 1 the original, more a brighter image. */
export function brightness(image: Image, factor: number): Image {
  return lookUp(
    image,
    tableOf((value) => blend(0, value, factor)),
  );
}
