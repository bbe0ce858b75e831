import { float32, type Tensor } from '../../src/tensor/tensor.js';

/**
 * Elements whose gradient is 0 in exact arithmetic, so that computed values are rounding noise: the bias in front of a
 * BatchNorm, and the key part of a qkv bias (a constant added to all scores of a query changes no softmax). Written as
 * in the reference data: `name` or `name[from:to]`.
 */
export class ZeroGradients {
  readonly #ranges: ReadonlyMap<string, readonly [number, number]>;

  constructor(descriptions: readonly string[]) {
    this.#ranges = new Map(
      descriptions.map((description) => {
        const [, name, from, to] = /^([^[]+)(?:\[(\d+):(\d+)\])?$/.exec(description) ?? [];
        if (name === undefined) throw new Error(`"${description}" is not understood`);
        return [name, from === undefined ? [0, Infinity] : [Number(from), Number(to)]];
      }),
    );
  }

  /** The elements of this tensor that are zero in exact arithmetic; undefined when there are none. */
  within(name: string, gradient: Tensor): Tensor<'float32'> | undefined {
    const range = this.#ranges.get(name);
    if (range === undefined) return undefined;
    const part = Array.from(gradient.data, Number).slice(...range);
    return float32([part.length], part);
  }

  /** The remaining elements; undefined when there are none. */
  outside(name: string, gradient: Tensor): Tensor<'float32'> | undefined {
    const [from, to] = this.#ranges.get(name) ?? [0, 0];
    const part = Array.from(gradient.data, Number).filter((_, at) => at < from || at >= to);
    return part.length === 0 ? undefined : float32([part.length], part);
  }

  /** The gradient with exact zeros where they belong. */
  cleared(name: string, gradient: Tensor): Tensor<'float32'> {
    const [from, to] = this.#ranges.get(name) ?? [0, 0];
    const kept = Array.from(gradient.data, Number).map((value, at) => (at >= from && at < to ? 0 : value));
    return float32(gradient.shape, kept);
  }
}
