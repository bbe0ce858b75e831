import type { Image } from '../../image.js';
import { lookUp, tableOf } from './lookUp.js';

/** Keeps the highest `bits` bits of every value; 0 gives black. */
export function posterize(image: Image, bits: number): Image {
  if (bits >= 8) return image;
  const kept = 256 - 2 ** (8 - bits);
  return lookUp(
    image,
    tableOf((value) => value & kept),
  );
}
