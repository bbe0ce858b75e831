import type { Image } from '../../image.js';
import { blend } from './blend.js';
import { lookUp, tableOf } from './lookUp.js';

/** With factor 0 the image is black, with 1 as it was, beyond brighter. */
export function brightness(image: Image, factor: number): Image {
  return lookUp(
    image,
    tableOf((value) => blend(0, value, factor)),
  );
}
