import fc from 'fast-check';

/** False numbers for headers: zero, the limits of integer types, sizes beyond any memory. */
const LIES = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/**
 * One change of a file's bytes. Positions are shares of its length, so that a change applies to files of any length.
 */
type Change =
  | { readonly kind: 'byte'; readonly at: number; readonly value: number }
  | { readonly kind: 'number'; readonly at: number; readonly value: bigint; readonly bytes: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly content: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly from: number };

/** Of whole numbers: doubles are drawn evenly over their exponents, so that nearly all would be at a file's first byte. */
const place = fc.nat(2 ** 30).map((number) => number / 2 ** 30);
const length = fc.integer({ min: 1, max: 64 });
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('number' as const),
      at: place,
      value: fc.constantFrom(...LIES),
      bytes: fc.constantFrom(1, 2, 4, 8),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: place, length }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      at: place,
      content: fc.uint8Array({ maxLength: 64 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), at: place, length, from: place }) },
);

/** The bytes of one of `files` with a few changes. */
export function mutated(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([file, changes]) => changes.reduce<Uint8Array>(apply, file));
}

function apply(bytes: Uint8Array, change: Change): Uint8Array {
  const at = Math.min(Math.floor(change.at * bytes.length), Math.max(0, bytes.length - 1));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'byte':
      return Buffer.concat([before, Uint8Array.of(change.value), after.subarray(1)]);
    case 'number': {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(change.value);
      return Buffer.concat([before, number.subarray(0, change.bytes), after.subarray(change.bytes)]);
    }
    case 'cut':
      return before.slice();
    case 'remove':
      return Buffer.concat([before, after.subarray(change.length)]);
    case 'insert':
      return Buffer.concat([before, change.content, after]);
    case 'repeat': {
      const from = Math.floor(change.from * bytes.length);
      return Buffer.concat([before, bytes.subarray(from, from + change.length), after]);
    }
  }
}
