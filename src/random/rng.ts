import { childKey, ROOT_KEY } from './key.js';
import type { Key, StreamName } from './key.js';
import { Sfc32 } from './sfc32.js';
import { fillNormal } from './ziggurat.js';

const WORDS = 2 ** 32;

/** The lists that {@link Rng.shuffle} accepts: arrays and numeric typed arrays. */
export interface Shuffleable<T> {
  readonly length: number;
  [index: number]: T;
}

/**
 * A seeded stream of random numbers with named children.
 *
 * A child depends only on the names that lead to it, not on how much was drawn before:
 * `rng.fork('epoch').fork(3).fork(index)` gives the same numbers in a resumed run as in an uninterrupted one. So a run
 * saves its seed and no generator state.
 */
export class Rng {
  readonly #key: Key;
  readonly #words: Sfc32;
  #spareNormal: number | undefined;

  constructor(key: Key) {
    this.#key = key;
    this.#words = new Sfc32(key);
  }

  /** The child stream `name`. Forking draws nothing and takes well under a microsecond, so a fork per image is fine. */
  fork(name: StreamName): Rng {
    return new Rng(childKey(this.#key, name));
  }

  /** Uniform over [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.#words.next() >>> 5;
    const low = this.#words.next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** An integer, exactly uniform over 0 ... bound - 1. Throws a RangeError unless 1 <= bound <= 2^32. */
  int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > WORDS) {
      throw new RangeError(`a random whole number needs a bound from 1 to 2^32, not ${bound}`);
    }
    // Draw again past the last multiple of the bound, which would favour small results.
    const usable = WORDS - (WORDS % bound);
    let word = this.#words.next();
    while (word >= usable) word = this.#words.next();
    return word % bound;
  }

  /** Standard normal: mean 0, standard deviation 1 (Marsaglia's polar method, which draws pairs). */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.#spareNormal = y * factor;
        return x * factor;
      }
    }
  }

  /**
   * Fills `target` with standard normal numbers, several times faster than `normal`, and different from its numbers.
   */
  fillNormal(target: Float32Array): void {
    fillNormal(target, this.#words);
  }

  /**
   * Normal with mean 0 and deviation `std`, truncated to [-bound, bound]. As in timm's `trunc_normal_`, the bound is
   * absolute, not a multiple of `std`.
   */
  truncatedNormal(std: number, bound = 2): number {
    if (!(std >= 0 && bound > 0)) {
      throw new RangeError(`a truncated normal needs std >= 0 and bound > 0, not std ${std} and bound ${bound}`);
    }
    for (;;) {
      // A wide normal rarely falls within the bound; then draw uniformly and reject by density.
      const wide = std > bound;
      const value = wide ? bound * (2 * this.uniform() - 1) : std * this.normal();
      const kept = wide ? this.uniform() < Math.exp(-0.5 * (value / std) ** 2) : Math.abs(value) <= bound;
      if (kept) return value;
    }
  }

  /** Beta(a, b) over [0, 1], from two gamma variates in log space, so that tiny a and b do not underflow. */
  beta(a: number, b: number): number {
    return 1 / (1 + Math.exp(this.#logGamma(b) - this.#logGamma(a)));
  }

  /** The logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang 2000; their shape + 1 identity below 1). */
  #logGamma(shape: number): number {
    if (!(shape > 0 && Number.isFinite(shape))) {
      throw new RangeError(`a beta distribution needs finite parameters above 0, not ${shape}`);
    }
    if (shape < 1) return this.#logGamma(shape + 1) + Math.log(1 - this.uniform()) / shape;
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
    }
  }

  /** A uniformly random element of a list. Throws a RangeError when the list is empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('cannot pick from an empty list');
    return list[this.int(list.length)];
  }

  /** Shuffles `list` in place, uniformly (Fisher-Yates), and returns it. */
  shuffle<T, L extends Shuffleable<T>>(list: L & Shuffleable<T>): L {
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.int(last + 1);
      const moved = list[last];
      list[last] = list[other];
      list[other] = moved;
    }
    return list;
  }

  /** 0 ... size - 1 in random order. */
  permutation(size: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: size }, (_, index) => index));
  }
}

/** The stream of a run's seed. The number 7 and the string '7' are different seeds. */
export function seeded(seed: StreamName): Rng {
  return new Rng(childKey(ROOT_KEY, seed));
}
