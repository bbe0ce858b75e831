import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softmax } from './runModel.js';

test('softmax gives probabilities, for more classes than a call can have arguments too', () => {
  assert.deepEqual(softmax([1000, 1000]), [0.5, 0.5]);
  const many = softmax(new Array<number>(200_000).fill(-3));
  assert.ok(Math.abs(many[199_999] - 5e-6) < 1e-15);
});
