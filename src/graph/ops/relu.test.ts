import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../../../test/support/evaluate.js';
import { float32 } from '../../tensor/tensor.js';
import { gradients } from '../gradient.js';
import { input } from '../value.js';
import { relu } from './relu.js';
import { sum } from './sum.js';

test('the gradient of ReLU is exactly 0 or 1, at zeros, tiny and huge numbers too', async () => {
  const x = input('x', 'float32', [8]);
  const [slope] = gradients(sum(relu(x)), [x]);
  const { result } = await evaluate({ result: slope }, { x: float32([8], [-1e30, -1, -1e-20, -0, 0, 1e-20, 1, 1e30]) });
  assert.deepEqual([...result.data], [0, 0, 0, 0, 0, 1, 1, 1]);
});
