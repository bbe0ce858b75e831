import { BORDER } from '../../kernels/layout.js';
import type { Image } from '../../image.js';
import { move } from './movable.js';

/** Rotates the image by `degrees` counter-clockwise around its centre and fills the corners. */
export function rotate(image: Image, degrees: number): Image {
  const { size } = image;
  // Pillow reduces the angle modulo 360, which can change its last bit.
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const cos = toFifteenPlaces(Math.cos(angle));
  const sin = toFifteenPlaces(Math.sin(angle));
  const centre = size / 2;
  const left = cos * -centre + sin * -centre + centre;
  const top = -sin * -centre + cos * -centre + centre;
  return move(image, Float64Array.of(cos, sin, left, -sin, cos, top), (movable) => {
    const { kernels, original, result, line, plane, padded, paddedLine, paddedPlane, fills } = movable;
    const bytes = new Uint8Array(kernels.memory.buffer);
    for (let channel = 0; channel < 3; channel++) {
      const first = padded + channel * paddedPlane + BORDER * paddedLine;
      const last = first + (size - 1) * paddedLine;
      kernels.padLines(original + channel * plane, line, size, size, first, paddedLine);
      for (let away = 1; away <= BORDER; away++) {
        bytes.copyWithin(first - away * paddedLine, first, first + paddedLine);
        bytes.copyWithin(last + away * paddedLine, last, last + paddedLine);
      }
    }
    const source = padded + (BORDER - 1) * (paddedLine + 1);
    kernels.turn(source, paddedLine, paddedPlane, size, movable.numbers, fills, result, line, plane);
  });
}

/** Pillow rounds the matrix this way, which makes the cosine of a right angle 0. */
function toFifteenPlaces(value: number): number {
  return Number(value.toFixed(15));
}
