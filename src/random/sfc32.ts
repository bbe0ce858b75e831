import type { Key } from './key.js';

const WARM_UP_DRAWS = 12;

/**
 * Chris Doty-Humphrey's "small fast chaotic" generator with 32-bit words (sfc32, from PractRand): 128 bits of state,
 * one of them a counter, so that no state has a cycle shorter than 2^32 draws.
 */
export class Sfc32 {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor([a, b, c, counter]: Key) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#counter = counter | 0;
    for (let draw = 0; draw < WARM_UP_DRAWS; draw++) this.next();
  }

  /** The next word, uniform over 0 ... 2^32 - 1. */
  next(): number {
    const word = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return word >>> 0;
  }
}
