import { BLOCK, BORDER } from '../../kernels/layout.js';
import type { Image } from '../../image.js';
import { move } from './movable.js';

/** The lines of an image that move: its rows, or its columns. */
export type Lines = 'rows' | 'columns';

/**
 * Moves every line of an image along itself: position p gets the value from p + shift(line). For shears and
 * translations, bicubic interpolation is needed along the line only.
 */
export function slide(image: Image, lines: Lines, shift: (line: number) => number): Image {
  const { size } = image;
  const numbers = Float64Array.from({ length: size }, (_, line) => shift(line));
  return move(image, numbers, (movable) => {
    const { kernels, original, result, line, plane, padded, paddedLine, paddedPlane, fills, numbers: shifts } = movable;
    const { padLines, slideRows, transposeBlocks } = kernels;
    const exchange = (from: number, to: number): void => {
      for (let channel = 0; channel < 3; channel++) {
        for (let at = 0; at < line; at += BLOCK) {
          const [row, column] = [from + channel * plane + at * line, to + channel * plane + at];
          transposeBlocks(row, line, BLOCK, line / BLOCK, column, line, BLOCK * line);
        }
      }
    };
    const [from, to] = lines === 'rows' ? [original, result] : [result, original];
    if (lines === 'columns') exchange(original, result);
    for (let channel = 0; channel < 3; channel++) {
      padLines(from + channel * plane, line, size, size, padded + channel * paddedPlane, paddedLine);
    }
    slideRows(padded + BORDER - 1, paddedLine, paddedPlane, size, shifts, fills, to, line, plane);
    if (lines === 'columns') exchange(original, result);
  });
}
