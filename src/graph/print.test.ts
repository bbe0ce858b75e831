import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zeros } from '../tensor/tensor.js';
import { branch } from './branch.js';
import { vjp } from './gradient.js';
import { split } from './ops/concat.js';
import { gemm } from './ops/gemm.js';
import { mul } from './ops/mul.js';
import { reshape } from './ops/reshape.js';
import { sigmoid } from './ops/sigmoid.js';
import { add } from './ops/add.js';
import { print } from './print.js';
import { constant, input } from './value.js';

test('print writes one node per line, in topological order', () => {
  const x = input('x', 'float32', [2, 3]);
  const w = constant(zeros('float32', [3, 4]));
  const [left, right] = split(gemm(x, w), 1, [1, 3]);
  const [grad] = vjp([sigmoid(left)], [constant(1)], [left]);
  assert.ok(grad);
  assert.equal(
    print({ y: add(right, mul(left, 0.5)), grad }),
    [
      '%0 = gemm x constant<float32[3, 4]> {transposeA: false, transposeB: false} : float32[2, 4]',
      '%1, %2 = split %0 {axis: 1, extents: [1,3]} : float32[2, 1], float32[2, 3]',
      '%3 = mul %1 0.5 : float32[2, 1]',
      '%4 = add %2 %3 : float32[2, 3]',
      '%5 = sigmoid %1 : float32[2, 1]',
      '%6 = mul 1 %5 : float32[2, 1]',
      '%7 = sub 1 %5 : float32[2, 1]',
      '%8 = mul %6 %7 : float32[2, 1]',
      'y = %4 : float32[2, 3]',
      'grad = %8 : float32[2, 1]',
    ].join('\n'),
  );
});

test('print shows the possible types of a branch output', () => {
  const x = input('x', 'float32', [2, 2]);
  const [y] = branch(input('index', 'int64', [1]), [
    { captures: [x], body: (a) => [a] },
    { captures: [x], body: (a) => [reshape(a, [4])] },
  ]);
  assert.equal(
    print({ y }),
    '%0 = branch index x {arms: 2} : float32[2, 2] | float32[4]\ny = %0 : float32[2, 2] | float32[4]',
  );
});
