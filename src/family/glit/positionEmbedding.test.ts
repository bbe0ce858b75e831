import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { float32, type Tensor } from '../../tensor/tensor.js';
import { patchRows, resizedPositions } from './positionEmbedding.js';

/** A table whose value at a patch is a function of its position, in units of the whole image; the class token is 7. */
function table(rows: number, value: (row: number, column: number) => number): Tensor<'float32'> {
  const place = (at: number): number => (at + 0.5) / rows;
  const patches = Array.from({ length: rows * rows }, (_, at) => value(place(Math.floor(at / rows)), place(at % rows)));
  return float32([1, 1 + rows * rows, 1], [7, ...patches]);
}

describe('resized positions', () => {
  test('of the same size are the same tensor', () => {
    const positions = table(4, (row) => row);
    assert.equal(resizedPositions(positions, 4), positions);
  });

  test('keep the class token and every constant', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, (rows, newRows) => {
        const { shape, data } = resizedPositions(
          table(rows, () => 3),
          newRows,
        );
        assert.deepEqual(shape, [1, 1 + newRows * newRows, 1]);
        assert.equal(data[0], 7);
        assert.ok(data.subarray(1).every((value) => Math.abs(value - 3) < 1e-6));
      }),
    );
  });

  test('turn and mirror with the table', () => {
    const value = (row: number, column: number): number => Math.sin(5 * row) + column ** 3;
    const [straight, turned] = [value, (row: number, column: number) => value(column, row)].map((given) =>
      resizedPositions(table(5, given), 8),
    );
    for (let row = 0; row < 8; row++) {
      for (let column = 0; column < 8; column++) {
        const [one, other] = [straight.data[1 + row * 8 + column], turned.data[1 + column * 8 + row]];
        assert.ok(Math.abs(one - other) < 1e-6);
      }
    }
  });

  test('follow a linear ramp away from the edges', () => {
    const { data } = resizedPositions(
      table(8, (row, column) => row - 2 * column),
      16,
    );
    for (let row = 3; row < 13; row++) {
      for (let column = 3; column < 13; column++) {
        const expected = (row + 0.5) / 16 - (2 * (column + 0.5)) / 16;
        // This kernel follows a ramp only approximately.
        assert.ok(Math.abs(data[1 + row * 16 + column] - expected) < 0.02);
      }
    }
  });

  test('need a square of patches', () => {
    assert.deepEqual(
      [2, 5, 17, 197].map((tokens) => patchRows([1, tokens, 4])),
      [1, 2, 4, 14],
    );
    assert.deepEqual(
      [0, 1, 3, 18, 198].map((tokens) => patchRows([1, tokens, 4])),
      Array(5).fill(undefined),
    );
    assert.equal(patchRows([]), undefined);
    assert.throws(() => resizedPositions(float32([1, 3, 1], [1, 2, 3]), 2), RangeError);
  });
});
