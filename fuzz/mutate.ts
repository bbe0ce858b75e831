import type { Rng } from '../src/random/rng.js';

/** The longest input. */
const LONGEST = 8192;
/** Values at which lengths and counts go wrong. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

type Mutation = (bytes: Buffer, rng: Rng, other: Buffer) => Buffer;

/** One change each, as fuzzers make them. */
const MUTATIONS: readonly Mutation[] = [
  // Flip a bit.
  (bytes, rng) => changed(bytes, rng, (copy, at) => (copy[at] ^= 1 << rng.int(8))),
  // Replace a byte.
  (bytes, rng) => changed(bytes, rng, (copy, at) => (copy[at] = rng.int(256))),
  // Write an extreme number, in either order of bytes.
  (bytes, rng) =>
    changed(bytes, rng, (copy, at) => {
      const value = EXTREMES[rng.int(EXTREMES.length)];
      if (at + 4 > copy.length) copy[at] = value & 255;
      else if (rng.int(2) === 0) copy.writeUInt32LE(value, at);
      else copy.writeUInt32BE(value, at);
    }),
  // Change a digit of a number in a text.
  (bytes, rng) => {
    const digits = [...bytes.keys()].filter((at) => bytes[at] >= 0x30 && bytes[at] <= 0x39);
    if (digits.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy[digits[rng.int(digits.length)]] = 0x30 + rng.int(10);
    return copy;
  },
  // Leave a piece out.
  (bytes, rng) => {
    const [from, to] = piece(bytes, rng);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // Repeat a piece.
  (bytes, rng) => {
    const [from, to] = piece(bytes, rng);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  // Cut the end off.
  (bytes, rng) => bytes.subarray(0, rng.int(bytes.length + 1)),
  // Insert a piece of another input.
  (bytes, rng, other) => {
    const [from, to] = piece(other, rng);
    const at = rng.int(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
];

/** An input with one to eight changes. */
export function mutate(bytes: Buffer, other: Buffer, rng: Rng): Buffer {
  let mutated = bytes;
  for (let left = 1 << rng.int(4); left > 0; left--) {
    mutated = MUTATIONS[rng.int(MUTATIONS.length)](mutated, rng, other).subarray(0, LONGEST);
  }
  return mutated;
}

/** A copy with a change at a random place. */
function changed(bytes: Buffer, rng: Rng, change: (copy: Buffer, at: number) => void): Buffer {
  if (bytes.length === 0) return Buffer.from([rng.int(256)]);
  const copy = Buffer.from(bytes);
  change(copy, rng.int(bytes.length));
  return copy;
}

/** The ends of a random piece; mostly a short one. */
function piece(bytes: Buffer, rng: Rng): readonly [from: number, to: number] {
  const from = rng.int(bytes.length + 1);
  const longest = Math.min(bytes.length - from, 1 << rng.int(11));
  return [from, from + rng.int(longest + 1)];
}
