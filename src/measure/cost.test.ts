import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { input, peakBytes, type Value } from '../graph/index.js';
import { evaluation } from '../nn/phase.js';
import { Scope } from '../nn/scope.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { headSplits, jointSpace, paperLowLevel, releasedLowLevel } from '../space/lowLevel.js';
import { blocksOf, samplePath } from '../space/space.js';
import { costOf, costOfPath, costsOfSpace } from './cost.js';
import { formatBytes, formatCount, formatMilliseconds, MEASURES } from './measure.js';

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

  test('has the peak memory of the whole network, counted in one graph', () => {
    for (const space of spaces) {
      const path = samplePath(space, seeded('memory'));
      const { family } = space;
      const images = input('images', 'float32', [1, 3, backbone.imageSize, backbone.imageSize]);
      let logits: Value = images;
      Scope.declare((scope) => {
        const stem = family.stem(scope, images, backbone, evaluation);
        const last = blocksOf(space, path).reduce(
          (x, block, at) => scope.module(`blocks.${at}`, (inner) => family.block(inner, x, block, evaluation)),
          stem,
        );
        logits = family.head(scope, last, backbone);
      });
      assert.equal(costOfPath(costsOfSpace(backbone, space), path).memory, peakBytes(logits, [images]));
    }
  });

  test('adds up latencies, and knows none without a table', () => {
    const [space] = spaces;
    const table = costsOfSpace(backbone, space, {
      latencies: { trunk: 1, ofBlock: (block) => block['globalHeads'] ?? 0 },
    });
    assert.equal(costOfPath(table, [0, 1, 2, 3]).latency, 1 + 0 + 1 + 2 + 3);
    assert.equal(costOfPath(table, [3, 3, 3, 3]).latency, 13);
    assert.ok(!('latency' in costOfPath(costsOfSpace(backbone, space), [0, 1, 2, 3])));
  });
});

test('an axis has the unit that its largest value is written in', () => {
  for (const measure of MEASURES) {
    for (const largest of [0.5, 768, 999_960, 2_421_000, 1_472_873_280]) {
      const { name, size } = measure.unitOf(largest);
      const written = measure.format(largest);
      assert.equal(written.replace(/^[\d.]+ ?/, ''), name, written);
      assert.ok(Math.abs(Number.parseFloat(written) / (largest / size) - 1) < 1e-3, written);
    }
  }
});

test('counts are written with four digits', () => {
  const written = [1_472_873_280, 999_960_000, 80_073_408, 7_264_456, 999_949, 1000, 768, 0].map(formatCount);
  assert.deepEqual(written, ['1.473 G', '1.000 G', '80.07 M', '7.264 M', '999.9 k', '1.000 k', '768', '0']);
  assert.deepEqual([2_421_000, 768].map(formatBytes), ['2.421 MB', '768 B']);
  assert.deepEqual([0.34124, 20, 999.96, 61_000].map(formatMilliseconds), [
    '0.3412 ms',
    '20.00 ms',
    '1.000 s',
    '61.000 s',
  ]);
});
