import { formatShape } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import { vjp } from '../gradient.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { cast } from './cast.js';
import { lessOrEqual } from './lessOrEqual.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { windowCount, windowTaps, type Steps } from './windows.js';

/** No float32 is less: what stands outside the image. */
const LOWEST = -3.4028234663852886e38;

export const maximumPooling = defineOperator<Steps & { readonly kernel: number }>({
  name: 'maxPool2d',
  float32Only: true,
  infer: ([{ dtype, shape }], { kernel, ...steps }) => {
    const extents = shape.slice(2).map((extent) => windowCount(extent, kernel, steps));
    if (shape.length !== 4 || extents.some((extent) => extent < 1)) {
      throw new GraphError(
        `a window of ${kernel}×${kernel} is larger than ${formatShape(shape)}, padded by ${steps.padding}`,
      );
    }
    if (steps.padding >= kernel)
      throw new GraphError(`a padding of ${steps.padding} hides windows of ${kernel}×${kernel} completely`);
    return [{ dtype, shape: [...shape.slice(0, 2), ...extents] }];
  },
  // The gradient of a window goes to the first of its elements that is the largest. What no element has taken yet stays
  // with `left`, so that equal ones, such as the zeros of a ReLU, do not take it twice.
  gradient: ({ inputs: [x], outputs: [y], attributes: { kernel, ...steps }, grads: [g] }) => {
    if (g === undefined) return [];
    const taps = windowTaps(x, [kernel, kernel], { ...steps, outside: LOWEST });
    let left = g;
    const taken = taps.map((tap) => {
      const part = mul(left, cast(lessOrEqual(y, tap), 'float32'));
      left = sub(left, part);
      return part;
    });
    return vjp(taps, taken, [x], new Set([x]));
  },
  lower: (emit, { inputs, attributes: { kernel, stride, padding } }) =>
    emit.node('MaxPool', inputs, {
      attributes: {
        kernel_shape: { ints: [kernel, kernel] },
        strides: { ints: [stride, stride] },
        pads: { ints: [padding, padding, padding, padding] },
      },
    }),
});

export interface MaxPool2dOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding?: number;
}

/**
 * The largest element of every window of x [B, C, H, W]: [B, C, h, w], h = ⌊(H + 2·padding − kernel) / stride⌋ + 1. What is
 * outside the image is never the largest. Of equal elements the first, row by row, gets the gradient, as in PyTorch.
 */
export function maxPool2d(x: Value, { kernel, stride, padding = 0 }: MaxPool2dOptions): Value {
  return maximumPooling([x], { kernel, stride, padding })[0];
}
