import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { heatMap, resizedMap } from './heatMap.js';

describe('a heat map', () => {
  test('lies between 0 and 1, with its greatest place where the raw map has it', () => {
    const raw = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(raw, (values) => {
        const { values: map } = heatMap(values, 12);
        assert.ok(map.every((value) => value >= 0 && value <= 1));
      }),
    );
    const { values } = heatMap([0, 0, 0, 0, -1, 0, 0, 0, 4], 12);
    assert.ok(values[143] > 0.999);
    assert.equal(values[0], 0);
  });

  test('is 0 everywhere when nothing supports the class', () => {
    assert.ok(heatMap([-1, -2, -0.5, -3], 8).values.every((value) => value === 0));
    assert.ok(heatMap([2, 2, 2, 2], 8).values.every((value) => value === 0));
  });

  test('does not depend on the scale of the raw map', () => {
    const raw = [0.1, -0.2, 0.3, 0.4];
    const [one, other] = [1, 1000].map(
      (factor) =>
        heatMap(
          raw.map((value) => factor * value),
          8,
        ).values,
    );
    // The epsilon against division by zero, 1e-7, has a different weight.
    one.forEach((value, at) => assert.ok(Math.abs(value - other[at]) < 1e-6));
  });
});

describe('a resized map', () => {
  test('has its values halfway between the centres of the old pixels, and the old edges', () => {
    const { values } = resizedMap({ side: 2, values: Float32Array.of(0, 1, 0, 1) }, 4);
    for (let row = 0; row < 4; row++) assert.deepEqual([...values.subarray(4 * row, 4 * row + 4)], [0, 0.25, 0.75, 1]);
  });

  test('is the map itself at its own size', () => {
    const map = { side: 3, values: Float32Array.from({ length: 9 }, (_, at) => at * at) };
    assert.deepEqual(resizedMap(map, 3), map);
  });
});
