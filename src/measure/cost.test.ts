import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { headSplits, jointSpace, paperLowLevel, releasedLowLevel } from '../space/lowLevel.js';
import { blocksOf, samplePath } from '../space/space.js';
import { costOf, costOfPath, costsOfSpace } from './cost.js';
import { formatCount } from './measure.js';

const backbone = { imageSize: 32, patchSize: 8, dim: 24, heads: 3, classes: 5 };
const spaces = [
  highLevelSpace({ depth: 4, heads: 3 }),
  releasedLowLevel(headSplits([3, 0, 1, 2], 3)),
  paperLowLevel(headSplits([3, 0, 1, 2], 3)),
  jointSpace(paperLowLevel, { depth: 3, heads: 3 }),
];

describe('a cost table', () => {
  for (const space of spaces) {
    const table = costsOfSpace(backbone, space);

    test(`adds up to the cost of the built network: ${space.name}, ${space.positions[0].length} choices`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const path = samplePath(space, seeded(seed));
          assert.deepEqual(
            costOfPath(table, path),
            costOf(glitArchitecture({ backbone, blocks: blocksOf(space, path) })),
          );
        }),
        { numRuns: 10 },
      );
    });
  }

  test('refuses a path of another space', () => {
    const table = costsOfSpace(backbone, spaces[0]);
    assert.throws(() => costOfPath(table, [0, 0, 0, 4]), UserError);
  });
});

test('counts are written with four digits', () => {
  const written = [1_472_873_280, 999_960_000, 80_073_408, 7_264_456, 999_949, 1000, 768, 0].map(formatCount);
  assert.deepEqual(written, ['1.473 G', '1.000 G', '80.07 M', '7.264 M', '999.9 k', '1.000 k', '768', '0']);
});
