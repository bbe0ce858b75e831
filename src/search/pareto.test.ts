import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { crowdingDistances, dominates, paretoFront, ranksOf, type Objectives } from './pareto.js';

/** Few values, so that points are often equal, or equal in one objective. */
const points = fc.integer({ min: 1, max: 4 }).chain((objectives) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: objectives, maxLength: objectives }), {
    maxLength: 30,
  }),
);

const seed = fc.integer();
const trialsOf = (list: readonly Objectives[]): { readonly values: Objectives }[] => list.map((values) => ({ values }));
const frontOf = (list: readonly Objectives[]): Objectives[] => paretoFront(trialsOf(list)).map(({ values }) => values);
/** The numbers in an order that does not depend on where they were. */
const sorted = (values: readonly number[]): number[] => values.toSorted((one, other) => one - other);

describe('dominance', () => {
  test('needs no objective worse and one better', () => {
    assert.ok(dominates([1, 2], [1, 1]));
    assert.ok(dominates([2, 2], [1, 1]));
    assert.ok(!dominates([1, 1], [1, 1]));
    assert.ok(!dominates([2, 1], [1, 2]));
    assert.ok(!dominates([1, 1], [1, 2]));
  });
});

describe('the front', () => {
  test('dominates every other point, and none of its own', () => {
    fc.assert(
      fc.property(points, (list) => {
        const front = frontOf(list);
        assert.ok(front.length > 0 || list.length === 0);
        for (const each of front) assert.ok(!list.some((other) => dominates(other, each)));
        for (const each of list) {
          assert.ok(front.includes(each) || front.some((other) => dominates(other, each)), `${each.join()} is lost`);
        }
      }),
    );
  });

  test('keeps all of several equal points, in their order', () => {
    const trials = trialsOf([
      [1, 2],
      [2, 1],
      [1, 2],
      [1, 1],
    ]);
    assert.deepEqual(paretoFront(trials), trials.slice(0, 3));
  });

  test('of one objective has the best points', () => {
    assert.deepEqual(frontOf([[3], [5], [1], [5]]), [[5], [5]]);
  });
});

describe('ranks', () => {
  test('are the front, the front of the rest, and so on', () => {
    fc.assert(
      fc.property(points, (list) => {
        let rest = [...list.keys()];
        for (const rank of ranksOf(list)) {
          const front = rest.filter((index) => !rest.some((other) => dominates(list[other], list[index])));
          assert.deepEqual(rank, front);
          rest = rest.filter((index) => !front.includes(index));
        }
        assert.deepEqual(rest, []);
      }),
    );
  });

  test('belong to the points, not to their order', () => {
    fc.assert(
      fc.property(points, seed, (list, seed) => {
        const order = [...seeded(seed).permutation(list.length)];
        const shuffled = ranksOf(order.map((index) => list[index]));
        assert.deepEqual(
          shuffled.map((rank) => sorted(rank.map((index) => order[index]))),
          ranksOf(list),
        );
      }),
    );
  });
});

describe('crowding distances', () => {
  test('are the mean over objectives of the gap between the neighbours', () => {
    assert.deepEqual(
      crowdingDistances([
        [0, 10],
        [1, 6],
        [3, 4],
        [4, 0],
      ]),
      [Infinity, (3 / 4 + 6 / 10) / 2, (3 / 4 + 6 / 10) / 2, Infinity],
    );
  });

  test('of one or two points are infinite', () => {
    assert.deepEqual(crowdingDistances([]), []);
    assert.deepEqual(crowdingDistances([[1, 2]]), [Infinity]);
    assert.deepEqual(
      crowdingDistances([
        [1, 2],
        [1, 2],
      ]),
      [Infinity, Infinity],
    );
  });

  test('of equal points are 0, also at the ends', () => {
    assert.deepEqual(crowdingDistances([[5], [5], [5]].map(([value]) => [value, value])), [0, 0, 0]);
  });

  test('are infinite for one of several equal ends, and 0 for those between equals', () => {
    const distances = crowdingDistances([
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    assert.deepEqual(distances, [Infinity, 0, Infinity, Infinity]);
  });

  test('do not change with the scale of an objective', () => {
    fc.assert(
      fc.property(points, fc.constantFrom(2, 1024, 2 ** -20), (list, factor) => {
        const scaled = list.map(([first, ...rest]) => [first * factor, ...rest]);
        // A power of two scales exactly.
        assert.deepEqual(crowdingDistances(scaled), crowdingDistances(list));
      }),
    );
  });

  test('belong to the points, not to their order, where no values are equal', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(distinct, seed, (firsts, seed) => {
        const list = firsts.map((first) => [first, -first]);
        const order = [...seeded(seed).permutation(list.length)];
        const shuffled = crowdingDistances(order.map((index) => list[index]));
        const straight = crowdingDistances(list);
        assert.deepEqual(
          shuffled,
          order.map((index) => straight[index]),
        );
      }),
    );
  });
});
