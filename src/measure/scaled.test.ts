import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { architecture } from '../family/architecture.js';
import { preset, presetNames, published } from '../family/families.js';
import { deit } from '../family/glit/architecture.js';
import { formatBudget, isWithin } from './budget.js';
import { costOf } from './cost.js';
import { nearestDeit, scaledPreset } from './scaled.js';

const SMALL = { imageSize: 32, classes: 10 };

describe('a preset scaled to a budget', () => {
  test('is the widest within it, whatever the measure', () => {
    for (const name of presetNames) {
      const { family, preset: found } = published(name);
      const widthOf = (steps: number) => architecture(family, found.scaled(steps * found.widthStep, SMALL));
      for (const steps of [1, 3]) {
        const [cost, next] = [steps, steps + 1].map((count) => costOf(widthOf(count)));
        assert.ok(next.macs > cost.macs && next.parameters > cost.parameters, `${name} grows`);
        for (const budget of [
          { macs: { max: cost.macs } },
          { macs: { max: next.macs - 1 } },
          { parameters: { max: cost.parameters } },
          { macs: { min: 1, max: next.macs }, parameters: { max: next.parameters - 1 } },
        ]) {
          const scaled = scaledPreset(name, budget, SMALL);
          assert.deepEqual(scaled, widthOf(steps), `${name} within ${formatBudget(budget)}`);
          assert.ok(isWithin(budget, costOf(scaled)));
          assert.equal(scaled.backbone.imageSize, 32);
          assert.equal(scaled.blocks.length, preset(name).blocks.length);
        }
      }
    }
  });

  test('is refused where not even the narrowest fits, or nothing bounds it', () => {
    for (const name of presetNames) {
      assert.throws(() => scaledPreset(name, { macs: { max: 1000 } }, SMALL), {
        name: 'UserError',
        message: new RegExp(`^${name} takes at least .* beyond the budget \\(MACs up to 1\\.000 k\\)`),
      });
      assert.throws(() => scaledPreset(name, { macs: { min: 1 } }, SMALL), /has no upper bound; give one/);
      assert.throws(() => scaledPreset(name, { latency: { max: 1 } }, SMALL), /bounds only latency; give one/);
    }
  });
});

describe('the nearest DeiT', () => {
  test('is the narrowest that takes at least the given multiply-adds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200_000_000 }),
        fc.constantFrom(1, 3, 6),
        fc.integer({ min: 1, max: 6 }),
        (macs, heads, depth) => {
          const size = { imageSize: 32, patchSize: 4, classes: 10, heads, depth };
          const found = nearestDeit({ macs, ...size });
          const dim = Number(found.backbone['dim']);
          assert.equal(dim % heads, 0);
          assert.equal(found.blocks.length, depth);
          assert.ok(costOf(found).macs >= macs);
          if (dim > heads) assert.ok(costOf(deit({ dim: dim - heads, ...size })).macs < macs);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('of a DeiT is that DeiT', () => {
    const { macs } = costOf(preset('deit-tiny'));
    const size = { imageSize: 224, patchSize: 16, heads: 3, depth: 12, classes: 1000 };
    assert.equal(nearestDeit({ macs, ...size }).backbone.dim, 192);
    assert.equal(nearestDeit({ macs: macs + 1, ...size }).backbone.dim, 195);
    assert.throws(() => nearestDeit({ macs: Infinity, ...size }), UserError);
  });
});
