import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Names } from './names.js';

const strings = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }));
const listed = (names: Names): string[] => Array.from({ length: names.length }, (_, index) => names.at(index));

test('Names gives back the strings it was made of, whole, joined, cut and from a file', () => {
  fc.assert(
    fc.property(strings, strings, fc.nat(10), fc.nat(10), (a, b, begin, count) => {
      const both = [...a, ...b];
      const names = Names.concat([Names.of(a), Names.of(b)]);
      assert.deepEqual(listed(names), both);
      const end = Math.min(both.length, begin + count);
      const cut = Math.min(begin, end);
      assert.deepEqual(listed(names.slice(cut, end)), both.slice(cut, end));
      assert.deepEqual(listed(Names.fromParts(...names.slice(cut, end).parts())), both.slice(cut, end));
    }),
  );
});
