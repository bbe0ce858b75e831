import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PRESETS } from '../../config/presets.js';
import { halvingTrainings, halvingWork } from './halving.js';
import { affordable, trainingCosts, type TrainingCosts } from './randomSearch.js';
import type { SearchCost } from './searchCost.js';

test('every round of successive halving takes the same work where halves are whole', () => {
  assert.equal(halvingWork(16, 2), 3 * 16);
  assert.equal(halvingWork(16, 1), 4 * 16);
  assert.equal(halvingWork(2, 2), 0);
  // 5 → 2; 21 → 10 → 5 → 2 → 1
  assert.equal(halvingWork(5, 2), 5);
  assert.equal(halvingWork(21, 1), 21 + 2 * 10 + 4 * 5 + 8 * 2);
  assert.equal(halvingTrainings(21, 1), 21 + 10 + 5 + 2);
});

const { retrain: CIFAR } = PRESETS.cifar;

/** What a search cost whose trainings take `start` seconds and `whole` more for as many steps as the recipe says. */
function costOf(
  { start, whole }: Pick<TrainingCosts, 'start' | 'whole'>,
  { search, contenders, top, share }: { search: number; contenders: number; top: number; share: number },
): SearchCost {
  const finalSeconds = top * (start + whole);
  const halvingSeconds = start * halvingTrainings(contenders, top) + share * whole * halvingWork(contenders, top);
  const processorSeconds = search + halvingSeconds + finalSeconds;
  return { processorSeconds, halvingSeconds, contenders, finalSeconds, finalTrainings: top };
}

test('random search begins with as many candidates as the cost of the search allows, and spends the rest on their short trainings', () => {
  const seconds = fc.double({ min: 0.1, max: 1000, noNaN: true });
  const share = 0.03;
  fc.assert(
    fc.property(
      fc.record({ start: seconds, whole: seconds }),
      seconds,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 5, max: 16 }),
      (costs, search, top, contenders) => {
        const cost = costOf(costs, { search, contenders, top, share });
        const config = { ...PRESETS.cifar, retrain: { ...CIFAR, top, halving: { contenders: 16, share } } };
        const of = (candidates: number, length = share): number =>
          costOf(costs, { search: 0, contenders: candidates, top, share: length }).processorSeconds;
        const plan = affordable(config, cost.processorSeconds, trainingCosts(config, cost));
        const { randomCandidates: count, randomShare: length = share } = plan;
        // As many as the search had contenders, which may be fewer than it was to have, are always affordable.
        assert.ok(count >= contenders);
        const most = cost.processorSeconds * (1 + 1e-9);
        assert.ok(of(count) <= most && of(count + 1) > cost.processorSeconds * (1 - 1e-9));
        assert.ok(length >= share && length <= 1);
        if (length < 1) assert.ok(Math.abs(of(count, length) / cost.processorSeconds - 1) < 1e-6);
      },
    ),
  );
});

test('short trainings whose length is configured are reckoned at it', () => {
  const cost = costOf({ start: 1, whole: 10 }, { search: 100, contenders: 8, top: 1, share: 0.05 });
  const planned = (randomShare: number) => {
    const config = {
      ...PRESETS.cifar,
      retrain: { ...CIFAR, top: 1, halving: { contenders: 8, share: 0.05 }, randomShare },
    };
    return affordable(config, cost.processorSeconds, trainingCosts(config, cost));
  };
  for (const share of [0.01, 0.2]) {
    const { randomCandidates: count, randomShare } = planned(share);
    assert.equal(randomShare, share);
    const of = (candidates: number): number =>
      halvingTrainings(candidates, 1) + 10 * share * halvingWork(candidates, 1) + 11;
    assert.ok(of(count) <= cost.processorSeconds && of(count + 1) > cost.processorSeconds);
  }
});

test('sums that no costs of starting and of steps explain are explained by one of them', () => {
  const config = { ...PRESETS.cifar, retrain: { ...CIFAR, top: 1, halving: { contenders: 8, share: 0.1 } } };
  const [trainings, work] = [halvingTrainings(8, 1), halvingWork(8, 1)];
  const costsOf = (halvingSeconds: number): TrainingCosts =>
    trainingCosts(config, { processorSeconds: 0, halvingSeconds, contenders: 8, finalSeconds: 10, finalTrainings: 1 });
  // Short trainings at a lower rate than the final one, and longer ones than that.
  assert.deepEqual(costsOf(work * 0.1 * 8), { final: 10, start: 0, whole: 8 });
  assert.deepEqual(costsOf(trainings * 12), { final: 10, start: 12, whole: 0 });
});

test('without halving, random search trains as many networks as the search could have', () => {
  const { halving: _, ...retrain } = CIFAR;
  const config = { ...PRESETS.cifar, retrain };
  const cost = { processorSeconds: 1000, halvingSeconds: 0, contenders: 0, finalSeconds: 200, finalTrainings: 2 };
  assert.deepEqual(affordable(config, 1000, trainingCosts(config, cost)), { randomCandidates: 10 });
});

test('after a search that had no more candidates than it keeps, random search halves at the length of its rounds', () => {
  const config = { ...PRESETS.cifar, retrain: { ...CIFAR, top: 2, halving: { contenders: 2, share: 0.1 } } };
  const cost = { processorSeconds: 1000, halvingSeconds: 0, contenders: 0, finalSeconds: 200, finalTrainings: 2 };
  const { randomCandidates: count } = affordable(config, 1000, trainingCosts(config, cost));
  // A training takes 100 s, and a network in the first round 10.
  assert.ok(10 * halvingWork(count, 2) + 200 <= 1000 && 10 * halvingWork(count + 1, 2) + 200 > 1000, `${count}`);
});
