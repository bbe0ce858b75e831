import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { childKey, permute, ROOT_KEY } from './key.js';
import type { Key } from './key.js';

/** Doubling in GF(2^128), as Chaskey derives its two subkeys. */
function timesTwo([a, b, c, d]: Key): Key {
  const carry = d >>> 31 === 1 ? 0x87 : 0;
  return [(a << 1) ^ carry, (b << 1) | (a >>> 31), (c << 1) | (b >>> 31), (d << 1) | (c >>> 31)];
}

const xor = (first: Key, second: Key): Key => [
  (first[0] ^ second[0]) >>> 0,
  (first[1] ^ second[1]) >>> 0,
  (first[2] ^ second[2]) >>> 0,
  (first[3] ^ second[3]) >>> 0,
];

describe('permute', () => {
  test("gives the first test vector of Chaskey's authors: the code of the empty message", () => {
    const key: Key = [0x833d3433, 0x009f389f, 0x2398e64f, 0x417acf39];
    const lastSubkey = timesTwo(timesTwo(key));
    const padding: Key = [1, 0, 0, 0];
    const code = xor(permute(xor(xor(key, padding), lastSubkey)), lastSubkey);
    assert.deepEqual(code, [0x792e8fe5, 0x75ce87aa, 0x2d1450b5, 0x1191970b]);
  });
});

describe('childKey', () => {
  test('names of all kinds get different keys', () => {
    const names = [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, '', '0', '1', 'a', 'a\0', '\0', 'epoch', 'epochs'];
    const long = ['abcdef', 'abcdefg', 'abcdef\0', 'abcdefabcdef', 'abcdefabcdefabcdef'];
    const keys = [...names, ...long].map((name) => childKey(ROOT_KEY, name).join());
    assert.equal(new Set(keys).size, keys.length);
  });

  test('different texts, different keys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, second) => {
        fc.pre(first !== second);
        assert.notDeepEqual(childKey(ROOT_KEY, first), childKey(ROOT_KEY, second));
      }),
    );
  });

  test('one changed bit of a name changes about half the bits of the key', () => {
    const keys = Array.from({ length: 200 }, (_, bit) => [
      childKey(ROOT_KEY, 2 * bit),
      childKey(ROOT_KEY, 2 * bit + 1),
    ]);
    const ones = (word: number): number => word.toString(2).replaceAll('0', '').length;
    const changed = keys.map(([first, second]) => xor(first, second).reduce((sum, w) => sum + ones(w), 0));
    const mean = changed.reduce((sum, count) => sum + count, 0) / changed.length;
    assert.ok(Math.abs(mean - 64) < 2, `mean ${mean}`);
  });

  test('refuses numbers that are not whole', () => {
    for (const name of [0.5, Number.NaN, Infinity, 2 ** 53]) {
      assert.throws(() => childKey(ROOT_KEY, name), RangeError);
    }
  });
});
