import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { GlitBlock } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { headSplits, releasedLowLevel } from '../space/lowLevel.js';
import { pathKey, sizeOf, type Path, type Space } from '../space/space.js';
import { isWithin, costRange, formatBudget, shareWithin, type Bounds, type Budget } from './budget.js';
import { costOfPath, costsOfSpace, type PartLatencies } from './cost.js';
import { MEASURES, perMeasure, type Cost, type MeasureKey } from './measure.js';
import { checkBudget, findPathWithin } from './checkBudget.js';

const backbone = { imageSize: 32, patchSize: 8, dim: 24, heads: 3, classes: 5 };

/** All paths of a small space. */
function pathsOf({ positions }: Space): Path[] {
  return positions.reduce<Path[]>(
    (paths, choices) => paths.flatMap((path) => choices.map((_, k) => [...path, k])),
    [[]],
  );
}

/** Latencies as a table would have them: unrelated to the other measures. */
const latencies: PartLatencies = {
  trunk: 0.35,
  ofBlock: (block, given) => 0.1 + seeded(`${glit.describeBlock(block as GlitBlock)} on ${given.join('x')}`).uniform(),
};
const table = costsOfSpace(backbone, releasedLowLevel(headSplits([3, 0, 1], 3)), { latencies });
const costs = pathsOf(table.space).map((path) => costOfPath(table, path));
const costing = (macs: number, parameters: number): Cost => ({ macs, parameters, memory: 0 });
const valueOf = (cost: Cost, key: MeasureKey): number => cost[key] ?? NaN;

/** Bounds near the costs of real paths, some of them left out. */
function arbitraryBounds(key: MeasureKey): fc.Arbitrary<Bounds> {
  const value = fc.constantFrom(...costs.map((cost) => valueOf(cost, key)));
  return fc.tuple(value, value, fc.boolean(), fc.boolean()).map(([a, b, hasMin, hasMax]) => ({
    ...(hasMin ? { min: Math.min(a, b) } : {}),
    ...(hasMax ? { max: Math.max(a, b) * 0.999 } : {}),
  }));
}
const arbitraryBudget: fc.Arbitrary<Budget> = fc.record(perMeasure(({ key }) => arbitraryBounds(key)));

describe('a budget', () => {
  test('accepts its bounds themselves and what is between', () => {
    const budget = { macs: { min: 10, max: 20 }, parameters: { max: 5 } };
    assert.ok(isWithin(budget, costing(10, 5)));
    assert.ok(isWithin(budget, costing(20, 0)));
    assert.ok(!isWithin(budget, costing(9, 5)));
    assert.ok(!isWithin(budget, costing(21, 5)));
    assert.ok(!isWithin(budget, costing(15, 6)));
    assert.ok(isWithin({}, costing(1e12, 1e12)));
    assert.throws(() => isWithin({ latency: { max: 1 } }, costing(1, 1)), /bounds latency, which is not known/);
  });

  test('is written in words', () => {
    assert.equal(formatBudget({}), 'no limit');
    assert.equal(
      formatBudget({ macs: { max: 1.3e9 }, parameters: { min: 5e6, max: 7e6 } }),
      'MACs up to 1.300 G, parameters from 5.000 M to 7.000 M',
    );
    assert.equal(
      formatBudget({ latency: { max: 20 }, memory: { max: 64e6 } }),
      'latency up to 20.00 ms, peak memory up to 64.00 MB',
    );
  });

  test('the range of a space is that of all its paths', () => {
    const range = costRange(table);
    for (const { key } of MEASURES) {
      const values = costs.map((cost) => valueOf(cost, key));
      assert.deepEqual(range[key], { min: Math.min(...values), max: Math.max(...values) });
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
        const found = findPathWithin(table, budget);
        assert.equal(found !== undefined, expected);
        if (found !== undefined) assert.ok(isWithin(budget, costOfPath(table, found)));
        if (expected) checkBudget(table, budget);
        else assert.throws(() => checkBudget(table, budget), { name: 'UserError' });
      }),
      { numRuns: 400 },
    );
  });

  test('is searched until every path within it was found', () => {
    fc.assert(
      fc.property(arbitraryBudget, (budget) => {
        const expected = costs.filter((cost) => isWithin(budget, cost)).length;
        const found = new Set<string>();
        for (let path = findPathWithin(table, budget); path !== undefined;) {
          found.add(pathKey(path));
          path = findPathWithin(table, budget, found);
        }
        assert.equal(found.size, expected);
      }),
      { numRuns: 10 },
    );
  });

  test('is decided at once for a space of 4^24 paths, on the edge and beyond it', () => {
    const large = costsOfSpace(backbone, highLevelSpace({ depth: 24, heads: 3 }));
    assert.ok(sizeOf(large.space) > 10n ** 14n);
    const { macs, parameters, memory } = costRange(large);
    checkBudget(large, { macs: { max: macs.min } });
    checkBudget(large, { macs: { min: macs.max }, memory: { max: memory.max } });
    checkBudget(large, { macs: { max: (macs.min + macs.max) / 2 }, memory: { max: memory.min } });
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
