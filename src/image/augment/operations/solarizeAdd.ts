import type { Image } from '../../image.js';
import { lookUp, tableOf } from './lookUp.js';

/** What counts as dark. */
const THRESHOLD = 128;

/** Adds to the dark values, up to 255. */
export function solarizeAdd(image: Image, addition: number): Image {
  return lookUp(
    image,
    tableOf((value) => (value < THRESHOLD ? value + addition : value)),
  );
}
