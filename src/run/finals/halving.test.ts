import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PRESETS } from '../../config/presets.js';
import { affordable } from './randomSearch.js';
import { halvingWork } from './halving.js';

test('every round of successive halving takes the same work where halves are whole', () => {
  assert.equal(halvingWork(16, 2), 3 * 16);
  assert.equal(halvingWork(16, 1), 4 * 16);
  assert.equal(halvingWork(2, 2), 0);
  // 5 → 2; 21 → 10 → 5 → 2 → 1
  assert.equal(halvingWork(5, 2), 5);
  assert.equal(halvingWork(21, 1), 21 + 2 * 10 + 4 * 5 + 8 * 2);
});

test('random search begins with as many candidates as the cost of the search allows, and spends the rest on their short trainings', () => {
  const seconds = fc.integer({ min: 1, max: 1000 });
  const few = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(
      seconds,
      seconds,
      seconds,
      few,
      fc.integer({ min: 5, max: 16 }),
      (search, halving, final, top, contenders) => {
        const { retrain } = PRESETS.cifar;
        const cost = {
          processorSeconds: search + halving + final,
          halvingSeconds: halving,
          contenders,
          finalSeconds: final,
          finalTrainings: top,
        };
        const settings = { contenders: 16, share: 0.1 };
        const config = { ...PRESETS.cifar, retrain: { ...retrain, top, halving: settings } };
        const of = (candidates: number, share = settings.share): number =>
          ((share / settings.share) * halving * halvingWork(candidates, top)) / halvingWork(contenders, top) + final;
        const { randomCandidates: count, randomShare: share = settings.share } = affordable(config, cost);
        // As many as the search had contenders, which may be fewer than it was to have, are always affordable.
        assert.ok(count >= contenders);
        assert.ok(of(count) <= cost.processorSeconds * (1 + 1e-12) && of(count + 1) > cost.processorSeconds);
        assert.ok(share >= settings.share && share <= 1);
        if (share < 1) assert.ok(Math.abs(of(count, share) / cost.processorSeconds - 1) < 1e-12);
      },
    ),
  );
});

test('without halving, random search trains as many networks as the search could have', () => {
  const { halving: _, ...retrain } = PRESETS.cifar.retrain;
  const cost = { processorSeconds: 1000, halvingSeconds: 0, contenders: 0, finalSeconds: 200, finalTrainings: 2 };
  assert.deepEqual(affordable({ ...PRESETS.cifar, retrain }, cost), { randomCandidates: 10 });
});

test('after a search that had no more candidates than it keeps, random search halves at the length of its rounds', () => {
  const retrain = { ...PRESETS.cifar.retrain, top: 2, halving: { contenders: 2, share: 0.1 } };
  const cost = { processorSeconds: 1000, halvingSeconds: 0, contenders: 0, finalSeconds: 200, finalTrainings: 2 };
  const { randomCandidates: count } = affordable({ ...PRESETS.cifar, retrain }, cost);
  // A training takes 100 s, and a network in the first round 10.
  assert.ok(10 * halvingWork(count, 2) + 200 <= 1000 && 10 * halvingWork(count + 1, 2) + 200 > 1000, `${count}`);
});
