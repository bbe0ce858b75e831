import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { blocksOf, samplePath } from '../space/space.js';
import { crossOver } from './crossover.js';
import { mutate } from './mutation.js';

const SPACE = paperLowLevel(headSplits([3, 0, 1, 3, 0, 1, 3, 1, 0, 3, 0, 3], 3));

describe('mutation', () => {
  test('stays in the space, whatever the probability', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, probability) => {
        const rng = seeded(seed);
        blocksOf(SPACE, mutate(SPACE, samplePath(SPACE, rng), rng, probability));
      }),
    );
  });

  test('with probability 0 copies', () => {
    const parent = samplePath(SPACE, seeded(1));
    assert.deepEqual(mutate(SPACE, parent, seeded(2), 0), parent);
  });

  test('changes a gene with probability p · (K - 1) / K, and to each choice equally often', () => {
    const rng = seeded('mutation');
    const parent = samplePath(SPACE, rng);
    const rounds = 4000;
    let changed = 0;
    const firstGenes = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const child = mutate(SPACE, parent, rng, 0.3);
      changed += child.filter((gene, position) => gene !== parent[position]).length;
      firstGenes.set(child[0] ?? -1, (firstGenes.get(child[0] ?? -1) ?? 0) + 1);
    }
    const rate = SPACE.positions.reduce((total, { length }) => total + (0.3 * (length - 1)) / length, 0);
    assert.ok(Math.abs(changed / rounds - rate) < 0.1, `${changed / rounds} genes a child, expected ${rate}`);
    for (const [gene, count] of firstGenes) {
      if (gene !== parent[0]) assert.ok(Math.abs(count - (rounds * 0.3) / 9) < 50, `${count} times ${gene}`);
    }
  });
});

describe('crossover', () => {
  test('takes every gene from a parent, about half from each', () => {
    let fromFirst = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const rng = seeded(seed);
        const first = SPACE.positions.map(() => 0);
        const second = SPACE.positions.map(() => 1);
        const child = crossOver(first, second, rng);
        assert.equal(child.length, 12);
        assert.ok(child.every((gene) => gene === 0 || gene === 1));
        fromFirst += child.filter((gene) => gene === 0).length;
      }),
      { numRuns: 500, seed: 1 },
    );
    assert.ok(Math.abs(fromFirst / 6000 - 0.5) < 0.03, `${fromFirst}`);
  });

  test('of a path with itself is that path', () => {
    const parent = samplePath(SPACE, seeded(1));
    assert.deepEqual(crossOver(parent, parent, seeded(2)), parent);
  });
});
