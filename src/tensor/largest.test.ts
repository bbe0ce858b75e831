import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largest } from './largest.js';

test('the largest value is found among more than a call can have arguments', () => {
  const many = Float32Array.from({ length: 500_000 }, (_, at) => -Math.abs(at - 1234));
  assert.throws(() => Math.max(...many), RangeError);
  assert.equal(largest(many), -0);
  assert.equal(largest([-3, -2, -5]), -2);
  assert.equal(largest([1, NaN, 2]), NaN);
  assert.equal(largest([]), -Infinity);
});
