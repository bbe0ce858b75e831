import assert from 'node:assert/strict';
import { test } from 'node:test';
import { macsOf } from './cost.js';
import { gradients } from './gradient.js';
import { swish } from './ops/swish.js';
import { gemm } from './ops/gemm.js';
import { sum } from './ops/sum.js';
import { input } from './value.js';

test('the cost of a graph is the sum over its nodes, each counted once', () => {
  const x = input('x', 'float32', [2, 3]);
  const [up, down] = [input('up', 'float32', [3, 5]), input('down', 'float32', [5, 3])];
  const hidden = swish(gemm(x, up));
  const y = gemm(hidden, down);
  assert.equal(macsOf([x]), 0);
  assert.equal(macsOf([hidden]), 2 * 3 * 5);
  assert.equal(macsOf([y]), 2 * 3 * 5 + 2 * 5 * 3);
  assert.equal(macsOf([hidden, y, y]), macsOf([y]));
  // the gradient by both weights and the input: two products for every one
  assert.equal(macsOf([y, ...gradients(sum(y), [x, up, down])]), 3 * macsOf([y]));
});
