import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluate } from '../../test/support/evaluate.js';
import { countNodes } from '../../test/support/onnxNodes.js';
import { float32, type Tensor } from '../tensor/tensor.js';
import { gradients, vjp } from './gradient.js';
import { lower } from './lower.js';
import { add } from './ops/add.js';
import { cast } from './ops/cast.js';
import { exp } from './ops/exp.js';
import { gemm } from './ops/gemm.js';
import { mul } from './ops/mul.js';
import { split } from './ops/concat.js';
import { sub } from './ops/sub.js';
import { sum } from './ops/sum.js';
import { constant, input, type Value } from './value.js';

const x = input('x', 'float32', [2, 2]);
const y = input('y', 'float32', [2, 2]);
const FEEDS = { x: float32([2, 2], [1, -2, 3, 0.5]), y: float32([2, 2], [4, 0.25, -1, 2]) };

async function valueOf(value: Value, feeds: Readonly<Record<string, Tensor>> = FEEDS): Promise<readonly number[]> {
  const { result } = await evaluate({ result: value }, feeds);
  return Array.from(result.data, Number);
}

describe('reverse mode', () => {
  test('adds up what comes back over every use of a value', async () => {
    // x³ + 5x − y·x, where every x is a separate use: 3x² + 5 − y
    const [grad] = gradients(sum(sub(add(mul(mul(x, x), x), mul(x, 5)), mul(y, x))), [x]);
    assert.deepEqual(await valueOf(grad), [3 + 5 - 4, 12 + 5 - 0.25, 27 + 5 + 1, 0.75 + 5 - 2]);
  });

  test('sums over broadcast axes, whether they were 1 or missing', async () => {
    const column = input('column', 'float32', [2, 1]);
    const row = input('row', 'float32', [2]);
    const single = input('single', 'float32', []);
    const product = mul(mul(mul(x, column), row), single);
    const [dColumn, dRow, dSingle] = gradients(sum(product), [column, row, single]);
    const feeds = { ...FEEDS, column: float32([2, 1], [2, 3]), row: float32([2], [5, 7]), single: float32([], [11]) };
    assert.deepEqual([dColumn.shape, dRow.shape, dSingle.shape], [[2, 1], [2], []]);
    assert.deepEqual(await valueOf(dColumn, feeds), [11 * (1 * 5 - 2 * 7), 11 * (3 * 5 + 0.5 * 7)]);
    assert.deepEqual(await valueOf(dRow, feeds), [11 * (1 * 2 + 3 * 3), 11 * (-2 * 2 + 0.5 * 3)]);
    assert.deepEqual(await valueOf(dSingle, feeds), [1 * 10 - 2 * 14 + 3 * 15 + 0.5 * 21]);
  });

  test('differentiates by an intermediate value, and through it to what it is made of', async () => {
    const square = mul(x, x);
    const [bySquare, byX] = gradients(sum(mul(square, y)), [square, x]);
    assert.deepEqual(await valueOf(bySquare), [4, 0.25, -1, 2]);
    assert.deepEqual(await valueOf(byX), [8, -1, -6, 2]);
  });

  test('starts from several outputs, also from one that another is made of, and from one output twice', async () => {
    const square = mul(x, x);
    const [grad] = vjp([mul(square, 2), square, square], [y, y, constant(1)], [x]);
    assert.deepEqual(await valueOf(grad as Value), [2 * 13, -4 * 1.75, 6 * -2, 7]);
  });

  test('gives nothing where nothing flows, zeros for a parameter of a loss', async () => {
    const unused = input('unused', 'float32', [3]);
    const whole = cast(cast(y, 'int64'), 'float32');
    assert.deepEqual(vjp([mul(x, whole)], [x], [unused, y]), [undefined, undefined]);
    assert.deepEqual(vjp([mul(x, x)], [undefined], [x]), [undefined]);
    const [zero, one] = gradients(sum(x), [unused, x]);
    assert.deepEqual(await valueOf(zero), [0, 0, 0]);
    assert.deepEqual(await valueOf(one), [1, 1, 1, 1]);
  });

  test('of a scalar by itself is 1, and of anything but a scalar undefined', async () => {
    const loss = sum(x);
    assert.deepEqual(await valueOf(gradients(loss, [loss])[0]), [1]);
    assert.throws(() => gradients(x, [x]), {
      name: 'GraphError',
      message: 'only a scalar has a gradient, not a value of rank 2',
    });
  });

  test('does no work for inputs without a wanted gradient', () => {
    const [w1, w2] = [input('w1', 'float32', [2, 3]), input('w2', 'float32', [3, 2])];
    const loss = sum(gemm(exp(gemm(x, w1)), w2));
    const products = (targets: readonly Value[]) =>
      countNodes(lower(Object.fromEntries(gradients(loss, targets).map((value, at) => [`gradient${at}`, value])))).Gemm;
    assert.equal(products([w2]), 1 + 1);
    assert.equal(products([w1]), 1 + 2);
    assert.equal(products([w1, w2]), 1 + 3);
    assert.equal(products([x, w1, w2]), 1 + 4);
  });

  test('ignores a rule’s gradient for an input that was not requested', () => {
    const [left, right] = split(x, 1, [1, 1]);
    const [grad, other] = vjp([mul(left, right)], [constant(1)], [left, y]);
    assert.ok(grad);
    assert.equal(other, undefined);
  });

  test('of a graph of ten thousand nodes needs no deep stack', async () => {
    let value = x;
    for (let step = 0; step < 5_000; step++) value = step % 2 === 0 ? add(value, y) : mul(value, 1);
    const [grad] = gradients(sum(value), [x]);
    assert.ok(lower({ grad, value }).length > 0);
    assert.deepEqual(await valueOf(grad), [1, 1, 1, 1]);
  });
});
