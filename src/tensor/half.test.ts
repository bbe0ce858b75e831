import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fromHalf, toHalf } from './half.js';

describe('a binary16', () => {
  test('of its own number has the same bits', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value)) assert.equal(value === 0 ? bits & 0x7fff : toHalf(value), value === 0 ? 0 : bits);
    }
    assert.equal(toHalf(-0), 0x8000);
    assert.ok(Number.isNaN(fromHalf(toHalf(NaN))));
  });

  test('is the nearest to a float32, and even where two are', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const bits = toHalf(value);
        const distance = Math.abs(fromHalf(bits) - value);
        for (const other of [bits - 1, bits + 1].filter((each) => (each & 0x7c00) !== 0x7c00)) {
          const farther = Math.abs(fromHalf(other & 0xffff) - value);
          assert.ok(distance < farther || (distance === farther && bits % 2 === 0) || fromHalf(bits) === 0);
        }
      }),
    );
    assert.equal(toHalf(2049), toHalf(2048));
    assert.equal(toHalf(2051), toHalf(2052));
    assert.deepEqual([65519, 65520, -1e9].map(toHalf).map(fromHalf), [65504, Infinity, -Infinity]);
    assert.deepEqual([2 ** -24, 2 ** -25, 3 * 2 ** -25].map(toHalf), [1, 0, 2]);
  });
});
