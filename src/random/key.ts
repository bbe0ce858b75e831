/** 128 bits that identify a node in the tree of named random streams. */
export type Key = readonly [number, number, number, number];

/** A stream's name: a string, or a safe integer such as an epoch or an image's index. */
export type StreamName = string | number;

/** The root key above every seed: the first fractional digits of pi, a nothing-up-my-sleeve number. */
export const ROOT_KEY: Key = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];

const ROUNDS = 8;
const UNITS_PER_BLOCK = 6;
/** The fourth word of a number's block: even, while a string's is odd, so they never collide. */
const NUMBER_MARK = 2;

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * The permutation of Chaskey (Mouha et al., "Chaskey: An Efficient MAC Algorithm for 32-bit Microcontrollers", SAC 2014)
 * with 8 rounds. A bijection of 128 bits: keys of different one-block names under one parent can never coincide.
 */
export function permute(key: Key): Key {
  let [a, b, c, d] = key;
  for (let round = 0; round < ROUNDS; round++) {
    a = (a + b) | 0;
    b = rotateLeft(b, 5) ^ a;
    a = rotateLeft(a, 16);
    c = (c + d) | 0;
    d = rotateLeft(d, 8) ^ c;
    a = (a + d) | 0;
    d = rotateLeft(d, 13) ^ a;
    c = (c + b) | 0;
    b = rotateLeft(b, 7) ^ c;
    c = rotateLeft(c, 16);
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/**
 * The key of the child `name` of `parent`, a function of only these two. The string '3' and the number 3 name different
 * children. Throws a RangeError for a number that is not a safe integer.
 */
export function childKey(parent: Key, name: StreamName): Key {
  return typeof name === 'number' ? absorbNumber(parent, name) : absorbText(parent, name);
}

function absorbNumber([a, b, c, d]: Key, value: number): Key {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`a stream is named by a text or a whole number, not by ${value}`);
  return permute([a ^ value, b ^ Math.floor(value / 2 ** 32), c, d ^ NUMBER_MARK]);
}

/** Six UTF-16 units per block. Each block includes the remaining length, so no string is another's prefix. */
function absorbText(parent: Key, text: string): Key {
  let key = parent;
  let start = 0;
  do {
    const [a, b, c, d] = key;
    const pair = (offset: number): number => unitAt(text, start + offset) | (unitAt(text, start + offset + 1) << 16);
    key = permute([a ^ pair(0), b ^ pair(2), c ^ pair(4), d ^ (2 * (text.length - start) + 1)]);
    start += UNITS_PER_BLOCK;
  } while (start < text.length);
  return key;
}

function unitAt(text: string, index: number): number {
  return index < text.length ? text.charCodeAt(index) : 0;
}
