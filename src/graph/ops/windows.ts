import type { Shape } from '../../tensor/tensor.js';
import type { Value } from '../value.js';
import { split } from './concat.js';
import { reshape } from './reshape.js';
import { pad, slice } from './slice.js';
import { transpose } from './transpose.js';

/** How a window moves over an image: by `stride`, beginning `padding` outside, in both directions. */
export interface Steps {
  readonly stride: number;
  readonly padding: number;
}

/** How many windows of length `kernel` an axis has. */
export function windowCount(extent: number, kernel: number, { stride, padding }: Steps): number {
  return Math.floor((extent + 2 * padding - kernel) / stride) + 1;
}

/**
 * The elements of all windows of x [.., .., H, W], by their place in the window: for every (i, j) of a kernel [kh, kw], row
 * by row, element (i, j) of each window, [.., .., h, w]. `outside` stands outside the image.
 */
export function windowTaps(
  x: Value,
  [kernelRows, kernelColumns]: Shape,
  { outside = 0, ...steps }: Steps & { readonly outside?: number },
): readonly Value[] {
  const { stride } = steps;
  const [outer, inner, height, width] = x.shape;
  const rows = windowCount(height, kernelRows, steps);
  const columns = windowCount(width, kernelColumns, steps);
  // What stands at one place of a stride's period makes an image of its own, a phase. In it, windows move by one.
  const phaseRows = rows + Math.floor((kernelRows - 1) / stride);
  const phaseColumns = columns + Math.floor((kernelColumns - 1) / stride);
  const margin = (image: Value, axis: number, periods: number): Value => {
    const behind = periods * stride - steps.padding - x.shape[axis];
    // The last elements of an image may be in no window.
    return slice(pad(image, axis, steps.padding, Math.max(behind, 0), { value: outside }), axis, 0, periods * stride);
  };
  const padded = margin(margin(x, 2, phaseRows), 3, phaseColumns);
  const columnPhases = phasesOfLast(padded, stride);

  const stripes = Array.from({ length: kernelColumns }, (_, j) => {
    const start = Math.floor(j / stride);
    const stripe = slice(columnPhases[j % stride], 3, start, start + columns);
    const byRow = reshape(stripe, [outer * inner * phaseRows, stride, columns]);
    const ones = Array.from({ length: stride }, () => 1);
    return split(byRow, 1, ones).map((phase) => reshape(phase, [outer, inner, phaseRows, columns]));
  });
  return Array.from({ length: kernelRows }, (_, i) => {
    const start = Math.floor(i / stride);
    return stripes.map((phases) => slice(phases[i % stride], 2, start, start + rows));
  }).flat();
}

/** Every stride-th column of x [.., .., H, W] from each beginning: `stride` values [.., .., H, W / stride]. */
function phasesOfLast(x: Value, stride: number): readonly Value[] {
  if (stride === 1) return [x];
  const [outer, inner, height, width] = x.shape;
  const columns = width / stride;
  // As a matrix that is transposed: cutting single elements out of rows takes ten times as long.
  const phases = transpose(reshape(x, [outer * inner * height * columns, stride]), [1, 0]);
  const ones = Array.from({ length: stride }, () => 1);
  return split(phases, 0, ones).map((phase) => reshape(phase, [outer, inner, height, columns]));
}
