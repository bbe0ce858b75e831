import type { Value } from '../../src/graph/value.js';
import type { Rng } from '../../src/random/rng.js';
import { sizeOf, tensor, type DType, type Shape, type Tensor } from '../../src/tensor/tensor.js';
import type { Contraction, Reference } from './reference.js';

/** An input of an operator under test: random numbers or integers in a range. */
export interface Operand {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly low: number;
  readonly high: number;
}

/** One call of an operator and its expected results. */
export interface OperatorCase {
  readonly name: string;
  readonly inputs: readonly Operand[];
  readonly apply: (inputs: readonly Value[]) => Value | readonly Value[];
  /** Every output of the call, from plain loops in float64. */
  readonly reference: (inputs: readonly Reference[], products: Contraction) => Reference | readonly Reference[];
  /** The number of last outputs that only the gradient reads and that carry none themselves. Default 0. */
  readonly saved?: number;
  /** The gradient reads such outputs, so it cannot be differentiated again. */
  readonly once?: true;
  /** No gradient reaches the inputs. */
  readonly constant?: true;
}

/** float32 numbers of [low, high). */
export function numbers(shape: Shape, low = -1.5, high = 1.5): Operand {
  return { dtype: 'float32', shape, low, high };
}

/** Whole numbers of [low, high). */
export function wholes(dtype: DType, shape: Shape, low = -4, high = 5): Operand {
  return { dtype, shape, low, high };
}

/** Random values for an operand. */
export function draw({ dtype, shape, low, high }: Operand, random: Rng): Tensor {
  const elements = Array.from({ length: sizeOf(shape) }, () => low + random.uniform() * (high - low));
  const whole = elements.map(Math.floor);
  switch (dtype) {
    case 'float32':
      return tensor(dtype, shape, Float32Array.from(elements));
    case 'int64':
      return tensor(dtype, shape, BigInt64Array.from(whole, BigInt));
    case 'int32':
      return tensor(dtype, shape, Int32Array.from(whole));
    default:
      return tensor(dtype, shape, Uint8Array.from(whole));
  }
}
