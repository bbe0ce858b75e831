import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOfPath, costsOfSpace } from '../../measure/cost.js';
import { seeded } from '../../random/rng.js';
import { highLevelSpace } from '../../space/highLevel.js';
import { fairPaths, spreadPaths, uniformPaths } from '../../train/paths.js';
import { supernetPaths } from './supernetPaths.js';

const backbone = { imageSize: 32, patchSize: 8, dim: 24, heads: 3, classes: 5 };
const table = costsOfSpace(backbone, highLevelSpace({ depth: 6, heads: 3 }));
const STEPS = Array.from({ length: 30 }, (_, step) => step);

test('a supernet trains the paths that the settings name', () => {
  for (const [kind, expected] of [
    ['uniform', uniformPaths],
    ['fair', fairPaths],
    ['spread', spreadPaths],
  ] as const) {
    const paths = supernetPaths({ paths: kind, sizedDecay: 0 }, table, seeded(1));
    assert.deepEqual(STEPS.map(paths), STEPS.map(expected(table.space, seeded(1))), kind);
  }
});

test('with a decay by size, the learning rate of the largest paths falls last', () => {
  const paths = supernetPaths({ paths: 'spread', sizedDecay: 1 }, table, seeded(1));
  const drawn = STEPS.map((step) => paths(step)).map(({ path, decay }) => ({
    macs: costOfPath(table, path).macs,
    decay,
  }));
  const decays = drawn.toSorted((one, other) => one.macs - other.macs).map(({ decay }) => decay);
  assert.deepEqual(
    decays,
    decays.toSorted((one, other) => other - one),
  );
  assert.ok(decays[0] > 1 && decays[decays.length - 1] < 1);
});
