import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../../random/rng.js';
import { trustStatistics, type MeasuredCandidate } from './statistics.js';

/** Candidates with this fitness and, per seed, these accuracies on halves A and B. */
const measured = (
  rows: readonly (readonly [fitness: number, ...seeds: (readonly [A: number, B: number])[]])[],
): readonly MeasuredCandidate[] =>
  rows.map(([fitness, ...seeds], index) => ({
    fitness,
    withoutRecalibration: 1 - fitness,
    cost: { macs: 100 - index, parameters: 7, memory: 3 },
    retrained: seeds.map(([A, B]) => ({ A, B })),
  }));

describe('the statistics of a check', () => {
  const ordered = measured([
    [0.1, [0.5, 0.51], [0.52, 0.5]],
    [0.2, [0.55, 0.56], [0.57, 0.55]],
    [0.3, [0.6, 0.61], [0.62, 0.6]],
    [0.4, [0.7, 0.71], [0.72, 0.7]],
  ]);

  test('of a perfect predictor are 1 and no regret; of its reverse -1', () => {
    const of = trustStatistics(ordered, seeded(1));
    assert.deepEqual(of.tau, { value: 1, interval: { low: 1, high: 1 } });
    assert.equal(of.tauOfOneSeed.value, 1);
    assert.equal(of.ceiling.value, 1);
    assert.equal(of.tauWithoutRecalibration.value, -1);
    assert.equal(of.recalibrationGain.value, 2);
    assert.equal(of.tauOfMeasures['macs'].value, -1);
    assert.deepEqual(of.regret, [
      { k: 1, value: 0, interval: { low: 0, high: 0 } },
      { k: 3, value: 0, interval: { low: 0, high: 0 } },
    ]);
  });

  test('compare fitness with half B, and trainings with each other across the halves', () => {
    // Half B of the first seed is in order, half A reversed; the second seed the other way round.
    const crossed = measured([
      [0.1, [0.7, 0.5], [0.5, 0.8]],
      [0.2, [0.6, 0.6], [0.6, 0.7]],
      [0.3, [0.5, 0.7], [0.7, 0.6]],
    ]);
    const { tauOfOneSeed, ceiling } = trustStatistics(crossed, seeded(1));
    assert.equal(tauOfOneSeed.value, 0);
    // Half A of one seed is the order of half B of the other: reversed with reversed, rising with rising.
    assert.equal(ceiling.value, 1);
  });

  test('are null where there is nothing to order or to compare', () => {
    const of = trustStatistics(
      measured([
        [0.5, [0.5, 0.5]],
        [0.5, [0.6, 0.6]],
        [0.5, [0.7, 0.7]],
      ]),
      seeded(1),
    );
    const none = { value: null, interval: null };
    assert.deepEqual(
      [of.tau, of.ceiling, of.tauOfMeasures['parameters'], of.recalibrationGain],
      [none, none, none, none],
    );
  });

  test('have intervals around their values, and the same for the same seed', () => {
    const noisy = measured(
      Array.from({ length: 12 }, (_, index) => {
        const accuracy = 0.5 + 0.01 * index + 0.03 * Math.sin(7 * index);
        return [0.4 + 0.01 * index, [accuracy, accuracy], [accuracy - 0.01, accuracy + 0.01 * Math.cos(index)]];
      }),
    );
    const of = trustStatistics(noisy, seeded(1));
    assert.deepEqual(trustStatistics(noisy, seeded(1)), of);
    for (const { value, interval } of [of.tau, of.tauOfOneSeed, of.ceiling]) {
      assert.ok(value !== null && interval !== null && interval.low < value && value < interval.high);
    }
    assert.notDeepEqual(trustStatistics(noisy, seeded(2)).tau.interval, of.tau.interval);
  });
});
