import { formatShape } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Value } from '../value.js';
import { reshape } from './reshape.js';
import { reverse } from './reverse.js';
import { slice } from './slice.js';
import { sum } from './sum.js';
import { transpose } from './transpose.js';

export interface Convolution {
  readonly groups: number;
  /** Zeros before the first and after the last position. */
  readonly padding: readonly [number, number];
}

export const convolution = defineOperator<Convolution>({
  name: 'conv1d',
  float32Only: true,
  infer: ([x, weight, bias], { groups, padding: [before, after] }) => {
    const [batch, channels, length] = x.shape;
    const [outputs, channelsInGroup, kernel] = weight.shape;
    const resultLength = length + before + after - kernel + 1;
    if (
      x.shape.length !== 3 ||
      weight.shape.length !== 3 ||
      channels !== channelsInGroup * groups ||
      outputs % groups !== 0
    ) {
      throw new GraphError(
        `weights ${formatShape(weight.shape)} in ${groups} groups do not fit ${formatShape(x.shape)}`,
      );
    }
    if (bias !== undefined && bias.shape.join() !== String(outputs)) {
      throw new GraphError(`a bias of shape ${formatShape(bias.shape)} does not fit ${outputs} channels`);
    }
    if (resultLength < 1)
      throw new GraphError(`a kernel of ${kernel} is longer than ${formatShape(x.shape)} with its padding`);
    return [{ dtype: x.dtype, shape: [batch, outputs, resultLength] }];
  },
  gradient: ({ inputs: [x, weight, bias], attributes, grads: [g], wanted }) => {
    if (g === undefined) return [];
    return [
      wanted[0] ? inputGradient(weight, g, attributes) : undefined,
      wanted[1] ? weightGradient(x, g, attributes) : undefined,
      bias && wanted[2] ? sum(g, [0, 2]) : undefined,
    ];
  },
  macs: ([, weight], [result]) => {
    const [batch, outputs, length] = result.shape;
    return batch * outputs * length * weight.shape[1] * weight.shape[2];
  },
  lower: (emit, { inputs, inputTypes: [, weight], attributes: { groups, padding } }) =>
    emit.node('Conv', inputs, {
      attributes: { group: { int: groups }, kernel_shape: { ints: [weight.shape[2]] }, pads: { ints: padding } },
    }),
});

/** dx: the gradient convolved with the kernel turned round and its channels swapped, in every group. */
function inputGradient(weight: Value, g: Value, { groups, padding: [before, after] }: Convolution): Value {
  const [outputs, channelsInGroup, kernel] = weight.shape;
  const grouped = reshape(weight, [groups, outputs / groups, channelsInGroup, kernel]);
  const depthwise = channelsInGroup === 1 && outputs === groups;
  const swapped = depthwise
    ? weight
    : reshape(transpose(grouped, [0, 2, 1, 3]), [groups * channelsInGroup, outputs / groups, kernel]);
  // A window that lies in the padding as a whole (where that is wider than the kernel) reads nothing of x.
  const first = Math.max(before - kernel + 1, 0);
  const last = Math.max(after - kernel + 1, 0);
  return conv1d(slice(g, 2, first, g.shape[2] - last), reverse(swapped, 2), {
    groups,
    padding: [kernel - 1 - before + first, kernel - 1 - after + last],
  });
}

/**
 * dw: a grouped convolution again, of x with the gradient as its kernel. Batch and channels change places, so that
 * the sum over the batch becomes the sum over a group's channels.
 */
function weightGradient(x: Value, g: Value, { groups, padding }: Convolution): Value {
  const [batch, channels, length] = x.shape;
  const inGroup = channels / groups;
  const images = reshape(
    inGroup === 1 ? transpose(x, [1, 0, 2]) : transpose(reshape(x, [batch, groups, inGroup, length]), [2, 1, 0, 3]),
    [inGroup, groups * batch, length],
  ); // [C/g, g·B, N]
  const kernels = transpose(g, [1, 0, 2]); // [M, B, N']
  return transpose(conv1d(images, kernels, { groups, padding }), [1, 0, 2]); // [M, C/g, K]
}

/**
 * Convolution (cross-correlation, as everywhere in deep learning) of x [B, C, N] with weight [M, C/groups, K], plus a
 * bias [M]: [B, M, N + padding − K + 1]. Its gradients are convolutions again, so it can be differentiated repeatedly.
 */
export function conv1d(
  x: Value,
  weight: Value,
  { bias, groups = 1, padding = [0, 0] }: Partial<Convolution> & { readonly bias?: Value } = {},
): Value {
  return convolution(bias === undefined ? [x, weight] : [x, weight, bias], { groups, padding })[0];
}
