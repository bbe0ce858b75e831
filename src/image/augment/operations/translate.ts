import type { Image } from '../../image.js';
import { slide } from './slide.js';

/** Moves the image to the left by `share` of its width. */
export function translateX(image: Image, share: number): Image {
  const shift = share * image.size;
  return slide(image, 'rows', () => shift);
}

/** Moves the image up by `share` of its height. */
export function translateY(image: Image, share: number): Image {
  const shift = share * image.size;
  return slide(image, 'columns', () => shift);
}
