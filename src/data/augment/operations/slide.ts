import type { Image } from '../../image.js';
import { cubic, FILL, toByte } from './cubic.js';

/** Which lines of an image move along themselves: its rows, or its columns. */
export type Lines = 'rows' | 'columns';

const OUTSIDE = -1;

/**
 * Moves every line of an image along itself: what is at `place` then was at `place + shift(line)` before. Two of the four
 * weights of a cubic in two dimensions are in one, so this is all there is to shearing and translating.
 */
export function slide({ size, pixels }: Image, lines: Lines, shift: (line: number) => number): Image {
  const [lineStep, step] = lines === 'rows' ? [size, 1] : [1, size];
  const moved = new Uint8Array(pixels.length);
  const starts = new Int32Array(size);
  const fractions = new Float64Array(size);
  // One line with its ends repeated, which taps beyond them read; in the numbers that the cubic takes.
  const padded = new Float64Array(size + 4);
  for (let line = 0; line < size; line++) {
    const by = shift(line);
    for (let place = 0; place < size; place++) {
      const position = place + 0.5 + by;
      const start = Math.floor(position - 0.5);
      starts[place] = position >= 0 && position < size ? start + 1 : OUTSIDE;
      fractions[place] = position - 0.5 - start;
    }
    for (let channel = 0; channel < 3; channel++) {
      const origin = channel * size * size + line * lineStep;
      for (let place = 0, from = origin; place < size; place++, from += step) padded[place + 2] = pixels[from];
      padded[0] = padded[1] = padded[2];
      padded[size + 2] = padded[size + 3] = padded[size + 1];
      const fill = FILL[channel];
      for (let place = 0, to = origin; place < size; place++, to += step) {
        const start = starts[place];
        moved[to] =
          start === OUTSIDE
            ? fill
            : toByte(cubic(padded[start], padded[start + 1], padded[start + 2], padded[start + 3], fractions[place]));
      }
    }
  }
  return { size, pixels: moved };
}
