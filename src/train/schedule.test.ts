import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { learningRateAt, scaledLearningRate, type Schedule } from './schedule.js';

const SCHEDULE: Schedule = {
  learningRate: 1e-3,
  warmupLearningRate: 1e-6,
  minLearningRate: 1e-5,
  warmupSteps: 5,
  steps: 300,
};

describe('the learning rate', () => {
  test('rises linearly from the warm-up rate and meets the cosine, whose length counts the warm-up', () => {
    assert.equal(learningRateAt(SCHEDULE, 0), 1e-6);
    assert.ok(Math.abs(learningRateAt(SCHEDULE, 1) - (1e-6 + (1e-3 - 1e-6) / 5)) < 1e-15);
    const cosine = 1e-5 + ((1e-3 - 1e-5) / 2) * (1 + Math.cos((Math.PI * 5) / 300));
    assert.ok(Math.abs(learningRateAt(SCHEDULE, 5) - cosine) < 1e-15);
  });

  test('is half way between top and floor in the middle, and the floor from the end on', () => {
    assert.ok(Math.abs(learningRateAt(SCHEDULE, 150) - (1e-3 + 1e-5) / 2) < 1e-12);
    assert.equal(learningRateAt(SCHEDULE, 300), 1e-5);
    assert.equal(learningRateAt(SCHEDULE, 1000), 1e-5);
  });

  test('never leaves its bounds and never rises after the warm-up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 100 }), (steps, warmupSteps) => {
        const schedule = { ...SCHEDULE, steps, warmupSteps };
        for (let step = 0; step < steps; step++) {
          const rate = learningRateAt(schedule, step);
          assert.ok(rate >= 1e-6 && rate <= 1e-3);
          if (step > warmupSteps) assert.ok(rate <= learningRateAt(schedule, step - 1));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('falls later with an exponent below 1, earlier above, between the same ends', () => {
    for (const step of [0, 3, 300]) {
      for (const decay of [0.5, 2]) assert.equal(learningRateAt(SCHEDULE, step, decay), learningRateAt(SCHEDULE, step));
    }
    const [later, as, earlier] = [0.5, 1, 2].map((decay) => learningRateAt(SCHEDULE, 150, decay));
    assert.ok(later > as && as > earlier);
    assert.ok(Math.abs(earlier - (1e-5 + (1e-3 - 1e-5) / 4)) < 1e-12);
  });
});

describe("DeiT's own way with the rate", () => {
  const stepsPerEpoch = 20;
  const official = { ...SCHEDULE, warmupSteps: 60, steps: 300, official: { stepsPerEpoch } };

  test('is the smooth rate at the beginning of the epoch before', () => {
    const smooth = { ...official, official: undefined };
    for (let step = 0; step < 300; step++) {
      const epoch = Math.floor(step / stepsPerEpoch);
      assert.equal(learningRateAt(official, step), learningRateAt(smooth, Math.max(0, epoch - 1) * stepsPerEpoch));
    }
  });

  test('stays at the warm-up rate for two epochs and ends above the floor', () => {
    assert.equal(learningRateAt(official, 2 * stepsPerEpoch - 1), SCHEDULE.warmupLearningRate);
    assert.ok(learningRateAt(official, 2 * stepsPerEpoch) > SCHEDULE.warmupLearningRate);
    assert.ok(learningRateAt(official, 299) > SCHEDULE.minLearningRate);
  });

  test('takes epochs that are not a whole number of steps, as with accumulated gradients', () => {
    const fractional = { ...official, official: { stepsPerEpoch: 12.5 } };
    assert.equal(learningRateAt(fractional, 24), SCHEDULE.warmupLearningRate);
    assert.ok(learningRateAt(fractional, 25) > SCHEDULE.warmupLearningRate);
  });
});

test('the rate grows with the images of a step', () => {
  assert.equal(scaledLearningRate(5e-4, 1024, 512), 1e-3);
  assert.equal(scaledLearningRate(5e-4, 64, 512), 5e-4 / 8);
  assert.equal(scaledLearningRate(3e-3, 512, 512), 3e-3);
});
