import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';

/** Shifts an image by up to `padding` pixels along both axes: pad all sides, then crop the old size at random. */
export interface PaddedCrop {
  readonly step: 'paddedCrop';
  /** Pixels, at least 0; with reflection, less than the image's side. */
  readonly padding: number;
  /** The fill: black, or the image mirrored at its edge (without repeating the edge). */
  readonly fill: 'black' | 'reflect';
}

const OUTSIDE = -1;

/** Throws a UserError for a padding that makes no sense for images of `size` × `size`. */
export function checkPaddedCrop({ padding }: PaddedCrop, size: number): void {
  if (Number.isInteger(padding) && padding >= 0 && padding < size) return;
  throw new UserError(
    `the padding of paddedCrop is ${padding}; for images of ${size} × ${size} it must be 0 to ${size - 1}`,
  );
}

/** Returns a new image, or `image` itself if nothing shifts; does not modify `image`. */
export function paddedCrop(image: Image, { padding, fill }: PaddedCrop, rng: Rng): Image {
  const { size, pixels } = image;
  const left = rng.int(2 * padding + 1) - padding;
  const top = rng.int(2 * padding + 1) - padding;
  if (left === 0 && top === 0) return image;
  const place = fill === 'reflect' ? reflected : inside;
  const columns = Int32Array.from({ length: size }, (_, x) => place(x + left, size));
  const shifted = new Uint8Array(pixels.length);
  let to = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < size; y++) {
      const row = place(y + top, size);
      if (row === OUTSIDE) {
        to += size;
        continue;
      }
      const from = (channel * size + row) * size;
      for (let x = 0; x < size; x++, to++) {
        const column = columns[x];
        if (column !== OUTSIDE) shifted[to] = pixels[from + column];
      }
    }
  }
  return { size, pixels: shifted };
}

function inside(position: number, size: number): number {
  return position >= 0 && position < size ? position : OUTSIDE;
}

function reflected(position: number, size: number): number {
  const folded = Math.abs(position);
  return folded < size ? folded : 2 * (size - 1) - folded;
}
