import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { headSplits, releasedLowLevel } from '../space/lowLevel.js';
import { sizeOf, type Path, type Space } from '../space/space.js';
import { isWithin, costRange, formatBudget, shareWithin, type Budget } from './budget.js';
import { costOfPath, costsOfSpace } from './cost.js';
import type { Cost } from './measure.js';
import { checkBudget, hasPathWithin } from './checkBudget.js';

const backbone = { imageSize: 32, patchSize: 8, dim: 24, heads: 3, classes: 5 };

/** All paths of a small space. */
function pathsOf({ positions }: Space): Path[] {
  return positions.reduce<Path[]>(
    (paths, choices) => paths.flatMap((path) => choices.map((_, k) => [...path, k])),
    [[]],
  );
}

const table = costsOfSpace(backbone, releasedLowLevel(headSplits([3, 0, 1], 3)));
const costs = pathsOf(table.space).map((path) => costOfPath(table, path));
const arbitraryCost = fc.constantFrom(...costs);

/** A budget with bounds near the costs of real paths, some of them left out. */
const arbitraryBudget: fc.Arbitrary<Budget> = fc
  .tuple(arbitraryCost, arbitraryCost, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
  .map(([a, b, [minMacs, maxMacs, minParameters, maxParameters]]) => {
    const bounds = (quantity: keyof Cost, hasMin: boolean, hasMax: boolean) => ({
      ...(hasMin ? { min: Math.min(a[quantity], b[quantity]) } : {}),
      ...(hasMax ? { max: Math.max(a[quantity], b[quantity]) - 1 } : {}),
    });
    return {
      macs: bounds('macs', minMacs, maxMacs),
      parameters: bounds('parameters', minParameters, maxParameters),
    };
  });

describe('a budget', () => {
  test('accepts its bounds themselves and what is between', () => {
    const budget = { macs: { min: 10, max: 20 }, parameters: { max: 5 } };
    assert.ok(isWithin(budget, { macs: 10, parameters: 5 }));
    assert.ok(isWithin(budget, { macs: 20, parameters: 0 }));
    assert.ok(!isWithin(budget, { macs: 9, parameters: 5 }));
    assert.ok(!isWithin(budget, { macs: 21, parameters: 5 }));
    assert.ok(!isWithin(budget, { macs: 15, parameters: 6 }));
    assert.ok(isWithin({}, { macs: 1e12, parameters: 1e12 }));
  });

  test('is written in words', () => {
    assert.equal(formatBudget({}), 'no limit');
    assert.equal(
      formatBudget({ macs: { max: 1.3e9 }, parameters: { min: 5e6, max: 7e6 } }),
      'MACs up to 1.300 G, parameters from 5.000 M to 7.000 M',
    );
  });

  test('the range of a space is that of all its paths', () => {
    const range = costRange(table);
    for (const quantity of ['macs', 'parameters'] as const) {
      const values = costs.map((cost) => cost[quantity]);
      assert.deepEqual(range[quantity], { min: Math.min(...values), max: Math.max(...values) });
    }
  });

  test('the share within is estimated from draws', () => {
    const { min, max } = costRange(table).macs;
    const budget = { macs: { max: (min + max) / 2 } };
    const exact = costs.filter((cost) => isWithin(budget, cost)).length / costs.length;
    assert.ok(exact > 0.1 && exact < 0.9, `${exact}`);
    assert.ok(Math.abs(shareWithin(table, budget, seeded('share'), 4000) - exact) < 0.04);
    assert.equal(shareWithin(table, {}, seeded('share'), 10), 1);
  });
});

describe('whether a budget can be reached', () => {
  test('is what looking at all paths says', () => {
    fc.assert(
      fc.property(arbitraryBudget, (budget) => {
        const expected = costs.some((cost) => isWithin(budget, cost));
        assert.equal(hasPathWithin(table, budget), expected);
        if (expected) checkBudget(table, budget);
        else assert.throws(() => checkBudget(table, budget), { name: 'UserError' });
      }),
    );
  });

  test('is decided at once for a space of 4^24 paths, on the edge and beyond it', () => {
    const large = costsOfSpace(backbone, highLevelSpace({ depth: 24, heads: 3 }));
    assert.ok(sizeOf(large.space) > 10n ** 14n);
    const { macs, parameters } = costRange(large);
    checkBudget(large, { macs: { max: macs.min } });
    checkBudget(large, { macs: { min: macs.max } });
    checkBudget(large, { macs: { max: (macs.min + macs.max) / 2 }, parameters: { min: parameters.min } });
    assert.throws(() => checkBudget(large, { macs: { max: macs.min - 1 } }), /at most .* reaches .*raise the limit/);
    assert.throws(() => checkBudget(large, { macs: { min: macs.max + 1 } }), /at least .* reaches .*lower the limit/);
    assert.throws(() => checkBudget(large, { macs: { min: 2, max: 1 } }), /is empty/);
    // Each bound alone is possible, but the cheapest network does not have the most parameters.
    assert.throws(
      () => checkBudget(large, { macs: { max: macs.min }, parameters: { min: parameters.max } }),
      /within the budget as a whole .* reaches/,
    );
  });
});
