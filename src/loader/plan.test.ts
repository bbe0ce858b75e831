import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { officialRepeatedPlan, orderedPlan, repeatedPlan, shuffledPlan, type BatchPlan } from './plan.js';

const rng = seeded('plan');

/** The images of steps `from` ... `to` − 1, one after another. */
function images(plan: BatchPlan, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => [...plan.indicesOf(from + at)]).flat();
}

const sizes = fc
  .record({ batchSize: fc.integer({ min: 1, max: 12 }), extra: fc.nat(60), repeats: fc.integer({ min: 1, max: 5 }) })
  .map(({ batchSize, extra, repeats }) => ({ count: batchSize + extra, batchSize, repeats }));

describe('a shuffled plan', () => {
  test('has every image at most once per epoch, in full batches and a new order', () => {
    fc.assert(
      fc.property(sizes, ({ count, batchSize }) => {
        const plan = shuffledPlan(count, batchSize, rng);
        assert.equal(plan.batchesPerEpoch, Math.floor(count / batchSize));
        const epoch = images(plan, plan.batchesPerEpoch, 2 * plan.batchesPerEpoch);
        assert.equal(epoch.length, plan.batchesPerEpoch * batchSize);
        assert.equal(new Set(epoch).size, epoch.length);
        assert.ok(epoch.every((index) => index >= 0 && index < count));
      }),
    );
    assert.notDeepEqual(images(shuffledPlan(40, 8, rng), 0, 5), images(shuffledPlan(40, 8, rng), 5, 10));
  });
});

describe('repeated augmentation', () => {
  test('has every image of a round exactly that often, in a row, and epochs of the usual length', () => {
    fc.assert(
      fc.property(sizes, fc.nat(3), ({ count, batchSize, repeats }, round) => {
        const plan = repeatedPlan(count, batchSize, rng, repeats);
        assert.equal(plan.batchesPerEpoch, Math.floor(count / batchSize));
        const steps = plan.batchesPerEpoch * repeats;
        const all = images(plan, round * steps, (round + 1) * steps);
        const firsts = all.filter((_, at) => at % repeats === 0);
        assert.equal(new Set(firsts).size, firsts.length);
        assert.equal(firsts.length, plan.batchesPerEpoch * batchSize);
        all.forEach((index, at) => {
          assert.equal(index, firsts[Math.floor(at / repeats)]);
        });
      }),
    );
  });

  test('is a function of the step, wherever it begins', () => {
    const plan = repeatedPlan(50, 8, rng, 3);
    const there = images(plan, 0, 40);
    for (const step of [39, 0, 17, 18, 36]) {
      assert.deepEqual([...repeatedPlan(50, 8, rng, 3).indicesOf(step)], there.slice(step * 8, step * 8 + 8));
    }
  });

  test('of a small set has epochs, where the official one has none', () => {
    assert.equal(repeatedPlan(103, 32, rng, 3).batchesPerEpoch, 3);
    assert.throws(
      () => officialRepeatedPlan(103, 32, rng, 3),
      (error) => error instanceof UserError && /takes 0 of 103 images/.test(error.message),
    );
    assert.throws(() => repeatedPlan(31, 32, rng, 3), UserError);
  });
});

describe('the official repeated augmentation', () => {
  test('takes ⌊n/256⌋ · 256 places of a new order each epoch', () => {
    const plan = officialRepeatedPlan(600, 64, rng, 3);
    assert.equal(plan.batchesPerEpoch, 8);
    const [first, second] = [images(plan, 0, 8), images(plan, 8, 16)];
    assert.equal(new Set(first).size, Math.ceil(512 / 3));
    first.forEach((index, at) => {
      assert.equal(index, first[at - (at % 3)]);
    });
    assert.notDeepEqual(first, second);
  });
});

test('an ordered plan has every image once, the last batch what is left', () => {
  const plan = orderedPlan(10, 4);
  assert.deepEqual(images(plan, 0, 3), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual([...plan.indicesOf(5)], [8, 9]);
});
