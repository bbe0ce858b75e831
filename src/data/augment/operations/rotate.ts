import type { Image } from '../../image.js';
import { cubic, FILL, toByte } from './cubic.js';

/** Turns the image by `degrees` counter-clockwise around its centre; the corners that come in are filled. */
export function rotate(image: Image, degrees: number): Image {
  const { size } = image;
  // Pillow brings the angle into a full turn, which can change its last bit.
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const cos = toFifteenPlaces(Math.cos(angle));
  const sin = toFifteenPlaces(Math.sin(angle));
  const centre = size / 2;
  const left = cos * -centre + sin * -centre + centre;
  const top = -sin * -centre + cos * -centre + centre;

  const padded = withBorder(image);
  const width = size + 2 * BORDER;
  const plane = size * size;
  const paddedPlane = width * width;
  const turned = new Uint8Array(image.pixels.length);
  for (let channel = 0; channel < 3; channel++) turned.fill(FILL[channel], channel * plane, (channel + 1) * plane);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const across = cos * (x + 0.5) + sin * (y + 0.5) + left;
      const down = -sin * (x + 0.5) + cos * (y + 0.5) + top;
      if (across < 0 || across >= size || down < 0 || down >= size) continue;
      const column = Math.floor(across - 0.5);
      const row = Math.floor(down - 0.5);
      const right = across - 0.5 - column;
      const below = down - 0.5 - row;
      let at = (row + BORDER - 1) * width + column + BORDER - 1;
      for (let to = y * size + x; to < 3 * plane; to += plane, at += paddedPlane) {
        turned[to] = toByte(
          cubic(
            alongRow(padded, at, right),
            alongRow(padded, at + width, right),
            alongRow(padded, at + 2 * width, right),
            alongRow(padded, at + 3 * width, right),
            below,
          ),
        );
      }
    }
  }
  return { size, pixels: turned };
}

function alongRow(pixels: Uint8Array, at: number, fraction: number): number {
  return cubic(pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3], fraction);
}

/** Pillow rounds the matrix so, which turns the cosine of a right angle into 0. */
function toFifteenPlaces(value: number): number {
  return Number(value.toFixed(15));
}

/** What the outermost taps reach over the edge. */
const BORDER = 2;

/** The planes with their outermost pixels repeated all around. */
function withBorder({ size, pixels }: Image): Uint8Array {
  const width = size + 2 * BORDER;
  const padded = new Uint8Array(3 * width * width);
  let to = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = -BORDER; y < size + BORDER; y++) {
      const row = (channel * size + Math.max(0, Math.min(size - 1, y))) * size;
      for (let x = -BORDER; x < size + BORDER; x++) padded[to++] = pixels[row + Math.max(0, Math.min(size - 1, x))];
    }
  }
  return padded;
}
