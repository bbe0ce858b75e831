import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import type { Architecture } from '../../family/family.js';
import { costRange } from '../../measure/budget.js';
import { costOf, costsOfSpace } from '../../measure/cost.js';
import { seeded } from '../../random/rng.js';
import { backboneOf, searchSpaceOf, spaceSettingsOf } from '../levels/hierarchicalSearch.js';
import { randomCandidates } from './randomSearch.js';

const { demo } = PRESETS;
const BACKBONE = backboneOf(demo, 3);

describe('random candidates', () => {
  const within = (max: number): readonly Architecture[] => {
    const context = { config: { ...demo, budget: { macs: { max } } }, latencyTable: undefined };
    return randomCandidates(context, BACKBONE, 8, seeded(1));
  };
  const { min } = costRange(costsOfSpace(BACKBONE, searchSpaceOf(demo).joint(spaceSettingsOf(demo)))).macs;

  test('are found under a limit that uniform draws do not meet', () => {
    const max = 1.02 * min;
    const drawn = within(max);
    assert.equal(new Set(drawn.map(({ blocks }) => JSON.stringify(blocks))).size, 8);
    for (const each of drawn) assert.ok(costOf(each).macs <= max);
  });

  test('are refused in one line when there is none', () => {
    assert.throws(() => within(min - 1), { name: 'UserError', message: /none of .* is within the limit/ });
  });
});
