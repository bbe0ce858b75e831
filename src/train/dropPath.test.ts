import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../random/rng.js';
import { dropPathMask, dropPathRates } from './dropPath.js';

describe('drop path', () => {
  test('has rates that rise evenly from 0 to the last block’s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100 }), fc.nat(99), (depth, percent) => {
        const rate = percent / 100;
        const rates = dropPathRates(depth, rate);
        assert.equal(rates[0], 0);
        assert.equal(rates[depth - 1], Math.fround(rate));
        rates.forEach((found, block) => {
          assert.ok(Math.abs(found - (rate * block) / (depth - 1)) <= 2 ** -22 * rate);
        });
      }),
    );
    assert.deepEqual(dropPathRates(1, 0.5), [0]);
    assert.equal(dropPathRates(16, 0.03)[15], Math.fround(0.03));
  });

  test('drops every branch of every sample with its own block’s rate, and keeps the expectation', () => {
    const [depth, batch] = [3, 4000];
    const mask = dropPathMask(dropPathRates(depth, 0.4), { branches: 2, batch }, seeded('drop path'));
    assert.equal(mask.length, 2 * depth * batch);
    for (let branch = 0; branch < 2 * depth; branch++) {
      const rate = 0.2 * Math.floor(branch / 2);
      const factors = mask.subarray(branch * batch, (branch + 1) * batch);
      const dropped = factors.filter((factor) => factor === 0).length;
      assert.ok(Math.abs(dropped / batch - rate) <= 5 * Math.sqrt((rate * (1 - rate)) / batch), `${dropped}`);
      assert.ok(factors.every((factor) => factor === 0 || Math.abs(factor - 1 / (1 - rate)) < 1e-6));
    }
  });
});
