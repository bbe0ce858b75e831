import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Sfc32 } from './sfc32.js';

test('many words at once are those that come one by one, and so are the next', () => {
  const word = fc.nat(2 ** 32 - 1);
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.nat(64), (key, count) => {
      const [single, many] = [new Sfc32(key), new Sfc32(key)];
      const filled = new Int32Array(64);
      many.fill(filled, count);
      const expected = Array.from({ length: count }, () => single.next() | 0);
      assert.deepEqual([...filled], [...expected, ...Array<number>(64 - expected.length).fill(0)]);
      assert.equal(many.next(), single.next());
    }),
  );
});
