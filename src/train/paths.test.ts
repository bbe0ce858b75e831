import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { blocksOf, defineSpace, samplePath } from '../space/space.js';
import { fairPaths, sizedDecay, spreadPaths, uniformPaths } from './paths.js';

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

  test('that are spread, have uniform genes and reach networks that are alike in all blocks', () => {
    const alike = defineSpace(
      'alike',
      SPACE.family,
      Array.from({ length: 6 }, () => SPACE.positions[0]),
    );
    const [choices, steps] = [alike.positions[0].length, 5400];
    const paths = spreadPaths(alike, seeded('spread'));
    const counts = new Map<number, number>();
    let sameInAll = 0;
    for (let step = 0; step < steps; step++) {
      const { path } = paths(step);
      counts.set(path[2], (counts.get(path[2]) ?? 0) + 1);
      if (path.every((gene) => gene === path[0])) sameInAll++;
    }
    // Binomial: means of 200 and 900, standard deviations of 14 and 27.
    assert.equal(counts.size, choices);
    for (const count of counts.values()) assert.ok(Math.abs(count - steps / choices) < 70, `${count}`);
    assert.ok(sameInAll > steps / 6 - 100, `${sameInAll}`);
  });

  test('that are spread, fit positions with different numbers of choices', () => {
    const paths = spreadPaths(SPACE, seeded(3));
    for (let step = 0; step < 200; step++) blocksOf(SPACE, paths(step).path);
    assert.deepEqual(paths(11), spreadPaths(SPACE, seeded(3))(11));
  });

  test('can let the rate of large ones fall later', () => {
    const sizes = [0, 0.5, 1];
    const decays = sizes.map((size) => sizedDecay(uniformPaths(SPACE, seeded(1)), () => size, 1)(3).decay);
    assert.deepEqual(decays, [2, 1, 0.5]);
    const paths = sizedDecay(fairPaths(SPACE, seeded(1)), () => 1, 1);
    assert.deepEqual(paths(5).path, fairPaths(SPACE, seeded(1))(5).path);
  });
});
