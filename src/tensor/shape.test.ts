import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { broadcastAxes, broadcastShapes, formatShape, normalAxis, sameShape, withExtent } from './shape.js';

const extent = fc.constantFrom(1, 1, 2, 3);
const shape = fc.array(extent, { maxLength: 4 });

describe('broadcasting', () => {
  test('aligns at the right and stretches extents of 1', () => {
    assert.deepEqual(broadcastShapes([2, 1, 3], [4, 1]), [2, 4, 3]);
    assert.deepEqual(broadcastShapes([], [2, 3]), [2, 3]);
    assert.deepEqual(broadcastShapes([3], [3]), [3]);
    assert.deepEqual(broadcastShapes([0], [1]), [0]);
    assert.equal(broadcastShapes([2, 3], [2]), undefined);
    assert.equal(broadcastShapes([0], [2]), undefined);
  });

  test('does not depend on the order, and a result broadcasts with its parts to itself', () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const both = broadcastShapes(a, b);
        assert.deepEqual(broadcastShapes(b, a), both);
        if (both === undefined) return;
        assert.deepEqual(broadcastShapes(a, both), both);
        assert.equal(both.length, Math.max(a.length, b.length));
      }),
    );
  });

  test('is undone by summing over the axes that it stretched or added', () => {
    assert.deepEqual(broadcastAxes([3, 1], [2, 3, 4]), [0, 2]);
    assert.deepEqual(broadcastAxes([1, 3], [1, 3]), []);
    assert.deepEqual(broadcastAxes([], [1, 2]), [0, 1]);
    fc.assert(
      fc.property(shape, shape, (narrow, other) => {
        const wide = broadcastShapes(narrow, other);
        if (wide === undefined) return;
        const axes = broadcastAxes(narrow, wide);
        const summed = wide.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const added = wide.length - narrow.length;
        assert.deepEqual(summed.slice(added), narrow);
        assert.ok(summed.slice(0, added).every((size) => size === 1));
      }),
    );
  });
});

test('an axis may count from the end, and must exist', () => {
  assert.deepEqual([normalAxis(0, 3), normalAxis(2, 3), normalAxis(-1, 3), normalAxis(-3, 3)], [0, 2, 2, 0]);
  for (const [axis, rank] of [
    [3, 3],
    [-4, 3],
    [0, 0],
    [0.5, 2],
  ]) {
    assert.throws(() => normalAxis(axis, rank), {
      name: 'RangeError',
      message: `axis ${axis} does not exist in a tensor of rank ${rank}`,
    });
  }
});

test('shapes are alike when rank and extents are', () => {
  assert.ok(sameShape([], []));
  assert.ok(sameShape([2, 3], [2, 3]));
  assert.ok(!sameShape([2, 3], [3, 2]));
  assert.ok(!sameShape([2], [2, 1]));
  assert.ok(!sameShape([2, 1], [2]));
});

test('a shape is written in brackets, and gets another extent without being changed', () => {
  const matrix = [2, 3];
  assert.deepEqual([formatShape(matrix), formatShape([])], ['[2, 3]', '[]']);
  assert.deepEqual(withExtent(matrix, 1, 7), [2, 7]);
  assert.deepEqual(matrix, [2, 3]);
});
