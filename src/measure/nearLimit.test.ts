import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { highLevelSpace } from '../space/highLevel.js';
import { samplePath } from '../space/space.js';
import { seeded } from '../random/rng.js';
import { costRange, isWithin, shareWithin } from './budget.js';
import { costOfPath, costsOfSpace } from './cost.js';
import { nearLimit } from './nearLimit.js';

const BACKBONE = { imageSize: 32, patchSize: 4, dim: 48, heads: 3, classes: 10 };
const TABLE = costsOfSpace(BACKBONE, highLevelSpace({ depth: 6, heads: 3 }));
const { macs, parameters } = costRange(TABLE);
const near = (budget: Parameters<typeof nearLimit>[1], share = 0.15) => nearLimit(TABLE, budget, share, seeded(1));

describe('near the limit', () => {
  test('the budget starts a share below its upper bound', () => {
    const max = (macs.min + macs.max) / 2;
    assert.deepEqual(near({ macs: { max } }), { macs: { min: 0.85 * max, max } });
    assert.deepEqual(near({ parameters: { max: parameters.max } }), {
      parameters: { min: 0.85 * parameters.max, max: parameters.max },
    });
  });

  test('every candidate is within the given budget, and some are left', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.02, max: 1, noNaN: true }),
        (at, share) => {
          const budget = { macs: { max: macs.min + at * (macs.max - macs.min) } };
          const found = nearLimit(TABLE, budget, share, seeded(2));
          const rng = seeded(3);
          for (let draw = 0; draw < 50; draw++) {
            const cost = costOfPath(TABLE, samplePath(TABLE.space, rng));
            if (isWithin(found, cost)) assert.ok(isWithin(budget, cost));
          }
          if (found !== budget) assert.ok(shareWithin(TABLE, found, seeded(4)) > 0);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a bound that no candidate reaches counts as the largest candidate', () => {
    assert.equal(near({ macs: { max: 1e12 } }).macs?.min, 0.85 * macs.max);
  });

  test('the second bound counts where the first is out of reach', () => {
    // With so few parameters, no candidate comes near this many multiply-adds.
    const budget = { macs: { max: macs.max }, parameters: { max: (2 * parameters.min + parameters.max) / 3 } };
    const found = near(budget, 0.02);
    assert.equal(found.macs, budget.macs);
    assert.equal(found.parameters?.min, 0.98 * budget.parameters.max);
  });

  test('nothing changes without an upper bound, with a lower one, or for the whole budget', () => {
    for (const budget of [{}, { macs: { min: macs.min } }, { macs: { min: macs.min, max: macs.max } }]) {
      assert.equal(near(budget), budget);
    }
    const budget = { macs: { max: macs.max } };
    assert.equal(near(budget, 1), budget);
  });
});
