import { keepingKernels, type Kernels } from '../../kernels/kernels.js';
import { BORDER, VECTOR } from '../../kernels/layout.js';
import type { Image } from '../../image.js';

/** The fill outside the image, by channel: ImageNet's mean colour. */
export const FILL: readonly [number, number, number] = [124, 116, 104];

/** An image in the kernels' memory; addresses are in bytes. */
export interface Movable {
  readonly kernels: Kernels;
  /** Planes of `line` rows, `line` bytes apart: one set for the input, one for the result. */
  readonly original: number;
  readonly result: number;
  readonly line: number;
  readonly plane: number;
  /** Planes with a border of {@link BORDER} pixels. */
  readonly padded: number;
  readonly paddedLine: number;
  readonly paddedPlane: number;
  /** Doubles: the fill by channel, and the movement's parameters. */
  readonly fills: number;
  readonly numbers: number;
}

const withKernels = keepingKernels(2 ** 24);

/** The result of kernels that read an image and `numbers`. */
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

/** Bytes between rows: whole vectors. */
function lineOf(size: number): number {
  return Math.ceil(size / VECTOR) * VECTOR;
}

/** Packs the rows of an image without gaps. */
function rowsAtOnce(size: number, line: number): number {
  return size === line ? size : 1;
}
