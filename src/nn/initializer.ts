import type { Rng } from '../random/rng.js';
import { sizeOf, type Shape } from '../tensor/tensor.js';

/** Draws a parameter's first values. */
export type Initializer = (shape: Shape, rng: Rng) => Float32Array;

/** All elements equal. */
export function filled(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Normal with mean 0, cut at ±2 (absolute, as in timm's `trunc_normal_`): linear layers, class token, positions. */
export function truncatedNormal(deviation: number): Initializer {
  return (shape, rng) => Float32Array.from({ length: sizeOf(shape) }, () => rng.truncatedNormal(deviation));
}

/** Normal with deviation √(2 / fanOut): convolutions that ReLU follows (He et al., 2015), as torchvision's ResNets start. */
export function kaimingNormal(fanOut: number): Initializer {
  const deviation = Math.sqrt(2 / fanOut);
  return (shape, rng) => {
    const values = new Float32Array(sizeOf(shape));
    rng.fillNormal(values);
    return values.map((value) => value * deviation);
  };
}

/** Uniform in ±1/√fanIn: what PyTorch gives the weights and biases of a convolution or a linear layer. */
export function fanInUniform(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (shape, rng) => Float32Array.from({ length: sizeOf(shape) }, () => (2 * rng.uniform() - 1) * bound);
}
