import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { hypervolume } from './hypervolume.js';
import { paretoFront, type Objectives } from './pareto.js';

const SIDE = 5;

/** Whole numbers, so that volumes are whole and exact, and can be counted cube by cube. */
const point = (objectives: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -1, max: SIDE }), { minLength: objectives, maxLength: objectives });
const cases = fc.integer({ min: 1, max: 4 }).chain((objectives) =>
  fc.record({
    points: fc.array(point(objectives), { maxLength: 12 }),
    added: point(objectives),
    reference: fc.constant(Array.from({ length: objectives }, () => 0)),
  }),
);

/** The unit cubes from the reference point 0 that some point dominates. */
function cubesBelow(points: readonly Objectives[], objectives: number): number {
  let count = 0;
  for (let number = 0; number < SIDE ** objectives; number++) {
    const corner = Array.from({ length: objectives }, (_, axis) => (Math.floor(number / SIDE ** axis) % SIDE) + 1);
    if (points.some((each) => each.every((value, axis) => value >= corner[axis]))) count += 1;
  }
  return count;
}

describe('the hypervolume', () => {
  test('is the volume of the union, counted cube by cube', () => {
    fc.assert(
      fc.property(cases, ({ points, reference }) => {
        assert.equal(hypervolume(points, reference), cubesBelow(points, reference.length));
      }),
      { numRuns: 300 },
    );
  });

  test('grows with a point, unless another dominates it', () => {
    fc.assert(
      fc.property(cases, ({ points, added, reference }) => {
        const before = hypervolume(points, reference);
        const after = hypervolume([...points, added], reference);
        const isBeyond = added.every((value) => value > 0);
        const isCovered = points.some((each) => each.every((value, axis) => value >= added[axis]));
        if (isBeyond && !isCovered) assert.ok(after > before, `${after} after ${before}`);
        else assert.equal(after, before);
      }),
    );
  });

  test('is that of the front, in any order', () => {
    fc.assert(
      fc.property(cases, fc.integer(), ({ points, reference }, seed) => {
        const shuffled = seeded(seed).shuffle([...points]);
        const front = paretoFront(points.map((values) => ({ values }))).map(({ values }) => values);
        assert.equal(hypervolume(shuffled, reference), hypervolume(points, reference));
        assert.equal(hypervolume(front, reference), hypervolume(points, reference));
      }),
    );
  });

  test('counts from the reference point', () => {
    assert.equal(hypervolume([[-1, -10]], [-3, -15]), 10);
    assert.equal(hypervolume([[-4, -10]], [-3, -15]), 0);
    assert.equal(hypervolume([[-3, -10]], [-3, -15]), 0);
    assert.equal(hypervolume([], [0, 0]), 0);
  });

  test('refuses points of another number of objectives', () => {
    assert.throws(() => hypervolume([[1, 2, 3]], [0, 0]), RangeError);
  });
});
