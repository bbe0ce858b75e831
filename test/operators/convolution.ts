import { conv2d, convTranspose2d } from '../../src/graph/ops/conv2d.js';
import { maxPool2d } from '../../src/graph/ops/maxPool2d.js';
import { numbers, type Operand, type OperatorCase } from '../support/operatorCase.js';
import { reference } from '../support/reference.js';

interface Window {
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly padding?: number;
}

/** Height and width of a window's output. */
function extentsOf(image: readonly number[], { kernel, stride = 1, padding = 0 }: Window): readonly number[] {
  return image.map((extent, axis) => Math.floor((extent + 2 * padding - kernel[axis]) / stride) + 1);
}

interface Layer extends Window {
  readonly groups?: number;
  readonly bias?: true;
}

/** A convolution of [B, C, H, W] to `out` channels, by definition, with zero padding. */
function convolved(x: readonly [number, number, number, number], out: number, layer: Layer): OperatorCase {
  const [batch, channels, height, width] = x;
  const { kernel, stride = 1, padding = 0, groups = 1, bias } = layer;
  const inGroup = channels / groups;
  const size = kernel[0] * kernel[1];
  return {
    name: `[${x.join()}] to ${out}, ${describe(layer)}`,
    inputs: [numbers(x), numbers([out, inGroup, ...kernel]), ...(bias ? [numbers([out])] : [])],
    apply: ([image, weight, shift]) => conv2d(image, weight, { stride, padding, groups, bias: shift }),
    reference: ([image, weight, shift], products) =>
      reference([batch, out, ...extentsOf([height, width], layer)], ([b, o, row, column]) => {
        const group = Math.floor(o / (out / groups));
        const place = (k: number) => [Math.floor(k / size), Math.floor((k % size) / kernel[1]), k % kernel[1]] as const;
        const dot = products.sum(
          inGroup * size,
          (k) => {
            const [c, i, j] = place(k);
            const at = [row * stride + i - padding, column * stride + j - padding];
            const inside = at[0] >= 0 && at[0] < height && at[1] >= 0 && at[1] < width;
            return inside ? image.at([b, group * inGroup + c, ...at]) : 0;
          },
          (k) => weight.at([o, ...place(k)]),
        );
        return shift === undefined ? dot : dot + shift.at([o]);
      }),
  };
}

function describe({ kernel, stride, padding, groups, bias }: Layer): string {
  const options = Object.entries({ stride, padding, groups }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${value}`],
  );
  return [kernel.join('×'), ...options, ...(bias ? ['bias'] : [])].join(', ');
}

/** The transposed convolution to [B, C, H, W] from `out` channels: each element of y adds to its window. */
function convolvedBack(x: readonly [number, number, number, number], out: number, layer: Layer): OperatorCase {
  const [batch, channels, ...image] = x;
  const { kernel, stride = 1, padding = 0, groups = 1 } = layer;
  const inGroup = channels / groups;
  const outGroup = out / groups;
  const extents = extentsOf(image, layer);
  return {
    name: `[${x.join()}] from ${out}, ${describe(layer)}`,
    inputs: [numbers([batch, out, ...extents]), numbers([out, inGroup, ...kernel])],
    apply: ([y, weight]) => convTranspose2d(y, weight, { stride, padding, groups, extents: image }),
    reference: ([y, weight], products) => {
      const result = reference(x, () => 0);
      reference(y.shape, ([b, o, row, column]) => {
        reference([inGroup, ...kernel], ([c, i, j]) => {
          const given = products.sum(
            1,
            () => y.at([b, o, row, column]),
            () => weight.at([o, c, i, j]),
          );
          const [h, w] = [row * stride + i - padding, column * stride + j - padding];
          const channel = Math.floor(o / outGroup) * inGroup + c;
          if (h >= 0 && h < image[0] && w >= 0 && w < image[1]) {
            result.data[((b * channels + channel) * image[0] + h) * image[1] + w] += given;
          }
          return 0;
        });
        return 0;
      });
      return result;
    },
  };
}

function pooled(x: Operand, kernel: number, stride: number, padding: number): OperatorCase {
  const [batch, channels, height, width] = x.shape;
  const window: Window = { kernel: [kernel, kernel], stride, padding };
  return {
    name: `[${x.shape.join()}], windows of ${kernel}, stride ${stride}, padding ${padding}`,
    inputs: [x],
    apply: ([image]) => maxPool2d(image, { kernel, stride, padding }),
    reference: ([image]) =>
      reference([batch, channels, ...extentsOf([height, width], window)], ([b, c, row, column]) => {
        let largest = -Infinity;
        reference([kernel, kernel], ([i, j]) => {
          const [h, w] = [row * stride + i - padding, column * stride + j - padding];
          if (h >= 0 && h < height && w >= 0 && w < width) largest = Math.max(largest, image.at([b, c, h, w]));
          return 0;
        });
        return largest;
      }),
  };
}

export const convolution = {
  conv2d: [
    convolved([2, 3, 4, 5], 4, { kernel: [1, 1] }),
    convolved([2, 3, 4, 3], 2, { kernel: [3, 3], padding: 1 }),
    convolved([1, 2, 5, 4], 3, { kernel: [3, 2] }),
    convolved([2, 2, 5, 6], 3, { kernel: [3, 3], stride: 2, padding: 1 }),
    convolved([1, 2, 4, 4], 2, { kernel: [1, 1], stride: 2 }),
    convolved([1, 1, 7, 8], 2, { kernel: [4, 4], stride: 3, padding: 2 }),
    convolved([1, 3, 4, 4], 2, { kernel: [2, 2], stride: 2, bias: true }),
    // the gradient of weights by image, and over all images where there are more channels than pixels
    convolved([1, 5, 6, 6], 5, { kernel: [3, 3], padding: 1 }),
    convolved([2, 6, 5, 5], 5, { kernel: [3, 3], stride: 2, padding: 1 }),
    convolved([2, 5, 2, 1], 4, { kernel: [1, 1], bias: true }),
    convolved([2, 5, 2, 2], 4, { kernel: [3, 3], padding: 1 }),
    convolved([2, 4, 3, 3], 6, { kernel: [3, 3], padding: 1, groups: 2 }),
    convolved([1, 4, 5, 4], 4, { kernel: [3, 3], stride: 2, padding: 1, groups: 2 }),
    convolved([2, 3, 3, 2], 3, { kernel: [1, 1], groups: 3 }),
    // a padding wider than the kernel's reach
    convolved([1, 1, 2, 2], 1, { kernel: [1, 1], padding: 1 }),
  ],
  convTranspose2d: [
    convolvedBack([2, 3, 4, 3], 2, { kernel: [3, 3], padding: 1 }),
    convolvedBack([2, 3, 2, 3], 2, { kernel: [1, 1] }),
    convolvedBack([1, 2, 5, 6], 3, { kernel: [3, 3], stride: 2, padding: 1 }),
    convolvedBack([1, 2, 4, 4], 3, { kernel: [1, 1], stride: 2 }),
    convolvedBack([1, 4, 3, 4], 6, { kernel: [2, 3], padding: 1, groups: 2 }),
    convolvedBack([1, 4, 4, 5], 2, { kernel: [2, 2], stride: 2, groups: 2 }),
  ],
  maxPool2d: [
    pooled(numbers([2, 2, 5, 6]), 3, 2, 1),
    pooled(numbers([1, 2, 4, 4]), 2, 2, 0),
    pooled(numbers([1, 1, 5, 4], -3, -1), 3, 1, 1),
    pooled(numbers([1, 1, 4, 5]), 2, 3, 0),
    pooled(numbers([1, 1, 3, 3]), 1, 1, 0),
  ],
} satisfies Record<string, readonly OperatorCase[]>;
