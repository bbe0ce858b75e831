import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Duplicates } from './duplicates.js';

test('Duplicates groups the indices of equal contents, in any order', () => {
  const contents = fc.array(fc.option(fc.nat(12)), { maxLength: 40 });
  fc.assert(
    fc.property(contents, fc.boolean(), (each, backwards) => {
      const duplicates = new Duplicates(each.length);
      const indices = [...each.keys()].filter((index) => each[index] !== null);
      for (const index of backwards ? indices.toReversed() : indices) {
        duplicates.add(index, createHash('sha256').update(String(each[index])).digest());
      }
      const byContent = indices.map((index) => indices.filter((other) => each[other] === each[index]));
      const expected = byContent.filter((group, position) => group.length > 1 && group[0] === indices[position]);
      assert.deepEqual(duplicates.groups(), expected);
    }),
  );
});
