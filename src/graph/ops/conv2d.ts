import { formatShape, sameShape } from '../../tensor/shape.js';
import { float32, int64, sizeOf, type Shape } from '../../tensor/tensor.js';
import { GraphError } from '../error.js';
import { defineOperator } from '../operator.js';
import type { Emitter, TensorType, Value } from '../value.js';
import { kernelGradient } from './kernelGradient.js';
import { channelSum } from './sum.js';
import { windowCount, type Steps } from './windows.js';

// Convolution and transposed convolution are each other's gradient, so they share a file.

export interface Grouped extends Steps {
  readonly groups: number;
}

export const convolution = defineOperator<Grouped>({
  name: 'conv2d',
  float32Only: true,
  infer: ([x, weight, bias], attributes) => {
    const { groups } = attributes;
    const [batch, channels, height, width] = x.shape;
    const [out, groupChannels, kernelRows, kernelColumns] = weight.shape;
    const fits =
      x.shape.length === 4 && weight.shape.length === 4 && channels === groups * groupChannels && out % groups === 0;
    if (!fits) {
      const into = groups === 1 ? '' : ` in ${groups} groups`;
      throw new GraphError(`weights ${formatShape(weight.shape)} do not fit ${formatShape(x.shape)}${into}`);
    }
    if (bias !== undefined && !sameShape(bias.shape, [out])) {
      throw new GraphError(`a bias of shape ${formatShape(bias.shape)} does not fit ${out} channels`);
    }
    const extents = [windowCount(height, kernelRows, attributes), windowCount(width, kernelColumns, attributes)];
    if (extents.some((extent) => extent < 1)) {
      throw new GraphError(
        `a kernel of ${kernelRows}×${kernelColumns} is larger than ${formatShape(x.shape)}, padded by ${attributes.padding}`,
      );
    }
    return [{ dtype: x.dtype, shape: [batch, out, ...extents] }];
  },
  gradient: ({ inputs: [x, weight, bias], attributes, grads: [g], wanted }) => {
    if (g === undefined) return [];
    const [, , ...extents] = x.shape;
    return [
      wanted[0] ? convTranspose2d(g, weight, { ...attributes, extents }) : undefined,
      wanted[1] ? kernelGradient(x, g, weight.shape, attributes) : undefined,
      bias && wanted[2] ? channelSum(g) : undefined,
    ];
  },
  macs: ([, weight], [y]) => sizeOf(y.shape) * sizeOf(weight.shape.slice(1)),
  lower: (emit, { inputs, attributes }) => emit.node('Conv', inputs, { attributes: convAttributes(attributes) }),
});

export interface Transposed extends Grouped {
  /** Height and width of the result: a stride leaves a choice. */
  readonly extents: Shape;
}

export const transposedConvolution = defineOperator<Transposed>({
  name: 'convTranspose2d',
  float32Only: true,
  infer: ([y, weight], { groups, extents, ...steps }) => {
    const [batch, out] = y.shape;
    const [outOfWeight, groupChannels, ...kernel] = weight.shape;
    const windows = kernel.map((length, axis) => windowCount(extents[axis], length, steps));
    if (y.shape.length !== 4 || out !== outOfWeight || out % groups !== 0 || !sameShape(y.shape.slice(2), windows)) {
      throw new GraphError(
        `${formatShape(y.shape)} is no convolution of ${extents.join('×')} pixels with weights ${formatShape(weight.shape)}`,
      );
    }
    return [{ dtype: y.dtype, shape: [batch, groups * groupChannels, ...extents] }];
  },
  gradient: ({ inputs: [y, weight], attributes, grads: [g], wanted }) => {
    if (g === undefined) return [];
    return [
      wanted[0] ? conv2d(g, weight, attributes) : undefined,
      wanted[1] ? kernelGradient(g, y, weight.shape, attributes) : undefined,
    ];
  },
  macs: ([y, weight]) => sizeOf(y.shape) * sizeOf(weight.shape.slice(1)),
  lower: (emit, { inputs: [y, weight], inputTypes, attributes }) => {
    const { stride, padding, groups, extents } = attributes;
    const [{ shape }, { shape: weightShape }] = inputTypes;
    const kernel = weightShape.slice(2);
    const margins = kernel.map((length) => length - 1 - padding);
    if (stride === 1 && margins.every((margin) => margin >= 0)) {
      // A convolution with the kernel turned round. ONNX Runtime's ConvTranspose takes 1.2 times as long, since it adds up
      // windows in memory.
      const turned = turnedKernel(emit, weight, inputTypes[1], groups);
      const pads = { ints: [...margins, ...margins] };
      return emit.node('Conv', [y, turned], { attributes: { pads, group: { int: groups } } });
    }
    const rest = extents.map((extent, axis) => extent + 2 * padding - kernel[axis] - (shape[axis + 2] - 1) * stride);
    return emit.node('ConvTranspose', [y, weight], {
      attributes: { ...convAttributes(attributes), output_padding: { ints: rest } },
    });
  },
});

function convAttributes({ stride, padding, groups }: Grouped) {
  return {
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
    group: { int: groups },
  };
}

/** Weights [O, C / G, kh, kw] as those of the way back, [C, O / G, kh, kw], with each kernel turned by 180°. */
function turnedKernel(emit: Emitter, weight: string, { shape }: TensorType, groups: number): string {
  const [out, channels, ...kernel] = shape;
  const size = sizeOf(kernel);
  const reshaped = (name: string, to: Shape): string =>
    emit.node('Reshape', [name, emit.constant(int64([to.length], to))])[0];
  const byGroup = reshaped(weight, [groups, out / groups, channels, size]);
  const [swapped] = emit.node('Transpose', [byGroup], { attributes: { perm: { ints: [0, 2, 1, 3] } } });
  const target = [groups * channels, out / groups, ...kernel];
  if (size === 1) return reshaped(swapped, target);
  // Turned by a product with a permutation: [512, 512, 3, 3] takes 0.5 ms on one thread, a Slice with steps of −1 4.2 ms.
  const permutation = Array.from({ length: size * size }, (_, at) => (at % (size - 1) === 0 ? 1 : 0));
  permutation[0] = permutation[size * size - 1] = 0;
  const flat = reshaped(swapped, [channels * out, size]);
  return reshaped(emit.node('Gemm', [flat, emit.constant(float32([size, size], permutation))])[0], target);
}

export interface Conv2dOptions extends Partial<Grouped> {
  /** What is added to each channel, [O]. */
  readonly bias?: Value;
}

/**
 * A 2-D convolution (cross-correlation): x [B, C, H, W] with weight [O, C / groups, kh, kw] gives [B, O, h, w],
 * h = ⌊(H + 2·padding − kh) / stride⌋ + 1. Zeros stand outside the image. Group g of the O channels reads group g of the C.
 *
 * On WebGPU, ONNX Runtime 1.30 computes groups wrongly if C / groups or O / groups is 5, 6, 7 or another number above 4 that
 * 4 does not divide.
 */
export function conv2d(
  x: Value,
  weight: Value,
  { stride = 1, padding = 0, groups = 1, bias }: Conv2dOptions = {},
): Value {
  return convolution(bias === undefined ? [x, weight] : [x, weight, bias], { stride, padding, groups })[0];
}

/**
 * The gradient of {@link conv2d} by its input x [B, C, H, W], given that of its result, y [B, O, h, w]: every element of y
 * adds the weights [O, C / groups, kh, kw], times itself, to its window.
 */
export function convTranspose2d(y: Value, weight: Value, { stride, padding, groups, extents }: Transposed): Value {
  return transposedConvolution([y, weight], { stride, padding, groups, extents })[0];
}
