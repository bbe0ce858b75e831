import { keepingKernels, type Kernels } from '../../kernels/kernels.js';
import { BORDER, VECTOR } from '../../kernels/layout.js';
import type { Image } from '../../image.js';

/** What comes in from outside of the image, by channel: the mean colour of ImageNet. */
export const FILL: readonly [number, number, number] = [124, 116, 104];

/** An image in the memory of the kernels; addresses are bytes there. */
export interface Movable {
  readonly kernels: Kernels;
  /** Planes whose rows are `line` bytes apart, and `line` of them; one for the input, one for the result. */
  readonly original: number;
  readonly result: number;
  readonly line: number;
  readonly plane: number;
  /** Planes with {@link BORDER} more pixels around them. */
  readonly padded: number;
  readonly paddedLine: number;
  readonly paddedPlane: number;
  /** Doubles: the fill by channel, and numbers of the movement. */
  readonly fills: number;
  readonly numbers: number;
}

const withKernels = keepingKernels(2 ** 24);

/** The result of kernels that work on an image and on `numbers`. */
export function move({ size, pixels }: Image, numbers: Float64Array, run: (movable: Movable) => void): Image {
  const line = lineOf(size);
  const plane = line * line;
  const paddedLine = line + VECTOR;
  const paddedPlane = paddedLine * (line + 2 * BORDER);
  const original = 0;
  const result = original + 3 * plane;
  const padded = result + 3 * plane;
  const fills = padded + 3 * paddedPlane;
  const first = fills + FILL.length * Float64Array.BYTES_PER_ELEMENT;
  return withKernels(first + numbers.byteLength, (kernels) => {
    const bytes = new Uint8Array(kernels.memory.buffer);
    const doubles = new Float64Array(kernels.memory.buffer);
    doubles.set(FILL, fills / Float64Array.BYTES_PER_ELEMENT);
    doubles.set(numbers, first / Float64Array.BYTES_PER_ELEMENT);

    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < size; y += rowsAtOnce(size, line)) {
        const from = (channel * size + y) * size;
        bytes.set(pixels.subarray(from, from + rowsAtOnce(size, line) * size), original + channel * plane + y * line);
      }
    }
    run({ kernels, original, result, line, plane, padded, paddedLine, paddedPlane, fills, numbers: first });
    const moved = new Uint8Array(pixels.length);
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < size; y += rowsAtOnce(size, line)) {
        const from = result + channel * plane + y * line;
        moved.set(bytes.subarray(from, from + rowsAtOnce(size, line) * size), (channel * size + y) * size);
      }
    }
    return { size, pixels: moved };
  });
}

/** Bytes from a row to the next: whole vectors. */
function lineOf(size: number): number {
  return Math.ceil(size / VECTOR) * VECTOR;
}

/** Rows of an image that lie as close in the memory. */
function rowsAtOnce(size: number, line: number): number {
  return size === line ? size : 1;
}
