import type { Rng } from '../random/rng.js';
import { sizeOf, type Shape } from '../tensor/tensor.js';

/** Draws a parameter's initial values. */
export type Initializer = (shape: Shape, rng: Rng) => Float32Array;

/** All elements equal. */
export function filled(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/**
 * Normal with mean 0, truncated at ±2 (absolute, as in timm's `trunc_normal_`): linear layers, class token, positions.
 */
export function truncatedNormal(deviation: number): Initializer {
  return (shape, rng) => Float32Array.from({ length: sizeOf(shape) }, () => rng.truncatedNormal(deviation));
}

/**
 * Normal with deviation √(2 / fanOut), for convolutions followed by ReLU (He et al., 2015), as in torchvision's
 * ResNets.
 */
export function kaimingNormal(fanOut: number): Initializer {
  const deviation = Math.sqrt(2 / fanOut);
  return (shape, rng) => {
    const values = new Float32Array(sizeOf(shape));
    rng.fillNormal(values);
    return values.map((value) => value * deviation);
  };
}

/** Uniform in ±1/√fanIn: PyTorch's default for weights and biases of convolutions and linear layers. */
export function fanInUniform(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (shape, rng) => Float32Array.from({ length: sizeOf(shape) }, () => (2 * rng.uniform() - 1) * bound);
}
