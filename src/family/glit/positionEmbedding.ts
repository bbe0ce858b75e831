import { float32, type Tensor } from '../../tensor/tensor.js';

/**
 * Resizes a position embedding [1, 1 + rows², D] to another number of patches, [1, 1 + newRows², D], as DeiT does for
 * another image size: the class token's row stays, and the square of patch rows is resized like PyTorch's bicubic
 * `interpolate`, without antialiasing. The same size returns the same tensor.
 *
 * Throws a RangeError when the patches do not form a square.
 */
export function resizedPositions(positions: Tensor<'float32'>, newRows: number): Tensor<'float32'> {
  const { shape, data } = positions;
  const dim = shape[2];
  const rows = patchRows(shape);
  if (rows === undefined) throw new RangeError(`a position embedding of ${shape[1]} tokens has no square of patches`);
  if (rows === newRows) return positions;
  const taps = Array.from({ length: newRows }, (_, at) => cubicTaps(at, rows, newRows));
  const resized = new Float32Array((1 + newRows * newRows) * dim);
  resized.set(data.subarray(0, dim));
  for (let row = 0; row < newRows; row++) {
    for (let column = 0; column < newRows; column++) {
      const to = (1 + row * newRows + column) * dim;
      for (let channel = 0; channel < dim; channel++) {
        let value = 0;
        for (const vertical of taps[row]) {
          for (const horizontal of taps[column]) {
            const from = 1 + vertical.at * rows + horizontal.at;
            value += vertical.weight * horizontal.weight * data[from * dim + channel];
          }
        }
        resized[to + channel] = value;
      }
    }
  }
  return float32([1, 1 + newRows * newRows, dim], resized);
}

/** The rows of patches in a position embedding [1, 1 + rows², D]; undefined if the patches do not form a square. */
export function patchRows([, tokens]: readonly number[]): number | undefined {
  const rows = Math.round(Math.sqrt(tokens - 1));
  return tokens > 1 && rows * rows === tokens - 1 ? rows : undefined;
}

/** The four of `size` positions that contribute to position `at` of `newSize`: centres at halves, edges repeated. */
function cubicTaps(
  at: number,
  size: number,
  newSize: number,
): readonly { readonly at: number; readonly weight: number }[] {
  const centre = ((at + 0.5) * size) / newSize - 0.5;
  const base = Math.floor(centre);
  return [-1, 0, 1, 2].map((offset) => ({
    at: Math.min(Math.max(base + offset, 0), size - 1),
    weight: cubic(Math.abs(centre - base - offset)),
  }));
}

/** PyTorch's parameter of the cubic kernel; Pillow's is −0.5. */
const SHARPNESS = -0.75;

/** Keys' cubic convolution kernel at a distance of 0 to 2. */
function cubic(distance: number): number {
  const a = SHARPNESS;
  return distance <= 1
    ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
    : ((distance - 5) * distance + 8) * distance * a - 4 * a;
}
