import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { samplePath } from '../space/space.js';
import { fairPaths, sizedDecay, uniformPaths } from './paths.js';

// Positions with 27, 81 and 9 choices.
const SPACE = paperLowLevel(headSplits([0, 1, 3], 3));

describe('the paths of a supernet', () => {
  test('are drawn uniformly, step by step', () => {
    const paths = uniformPaths(SPACE, seeded('paths'));
    assert.deepEqual(paths(7), { path: samplePath(SPACE, seeded('paths').fork(7)), decay: 1 });
  });

  test('in the fair way, take each choice once in every K steps', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 5 }), (seed, round) => {
        const paths = fairPaths(SPACE, seeded(seed));
        SPACE.positions.forEach(({ length }, position) => {
          const steps = Array.from({ length }, (_, at) => round * length + at);
          const genes = steps.map((step) => paths(step).path[position]);
          assert.equal(new Set(genes).size, length);
        });
      }),
      { numRuns: 20 },
    );
  });

  test('in the fair way, are a function of the seed and the step, in another order every round', () => {
    const [first, second] = [fairPaths(SPACE, seeded(1)), fairPaths(SPACE, seeded(1))];
    assert.deepEqual(second(400), first(400));
    const orders = [0, 1, 2].map((round) =>
      Array.from({ length: 9 }, (_, at) => first(9 * round + at).path[2]).join(' '),
    );
    assert.equal(new Set(orders).size, 3);
  });

  test('can let the rate of large ones fall later', () => {
    const sizes = [0, 0.5, 1];
    const decays = sizes.map((size) => sizedDecay(uniformPaths(SPACE, seeded(1)), () => size, 1)(3).decay);
    assert.deepEqual(decays, [2, 1, 0.5]);
    const paths = sizedDecay(fairPaths(SPACE, seeded(1)), () => 1, 1);
    assert.deepEqual(paths(5).path, fairPaths(SPACE, seeded(1))(5).path);
  });
});
