import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32, int64, scalar, sizeOf, tensor, zeros } from './tensor.js';

test('a tensor holds its data without a copy', () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const matrix = tensor('float32', [2, 3], data);
  assert.equal(matrix.data, data);
  assert.deepEqual([matrix.dtype, matrix.shape], ['float32', [2, 3]]);
});

test('a tensor refuses data that does not fill its shape', () => {
  assert.throws(() => tensor('float32', [2, 3], new Float32Array(5)), {
    name: 'RangeError',
    message: 'a float32 tensor of shape [2, 3] has 6 elements, got 5',
  });
  assert.throws(() => tensor('int64', [], new BigInt64Array(0)), RangeError);
  assert.throws(() => float32([0], [1]), RangeError);
});

test('a shape without extents is a scalar, and one with a 0 holds nothing', () => {
  assert.equal(sizeOf([]), 1);
  assert.equal(sizeOf([2, 0, 3]), 0);
  assert.deepEqual(scalar(0.5), float32([], [0.5]));
});

test('zeros has the storage of its dtype', () => {
  assert.deepEqual(zeros('float32', [2]).data, new Float32Array(2));
  assert.deepEqual(zeros('int64', [2]).data, new BigInt64Array(2));
  assert.deepEqual(zeros('int32', [2]).data, new Int32Array(2));
  assert.deepEqual(zeros('uint8', [2]).data, new Uint8Array(2));
  assert.deepEqual(zeros('bool', [2, 2]).data, new Uint8Array(4));
});

test('whole numbers are exact up to 2^53', () => {
  assert.deepEqual(int64([2], [2 ** 53, -1]).data, BigInt64Array.of(9007199254740992n, -1n));
  assert.throws(() => int64([1], [0.5]), RangeError);
});
