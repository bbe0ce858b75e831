import type { Image } from '../../image.js';
import { slide } from './slide.js';

/** Moves each row by `slope` times its distance from the top. */
export function shearX(image: Image, slope: number): Image {
  return slide(image, 'rows', (y) => slope * (y + 0.5));
}

/** Moves each column by `slope` times its distance from the left. */
export function shearY(image: Image, slope: number): Image {
  return slide(image, 'columns', (x) => slope * (x + 0.5));
}
