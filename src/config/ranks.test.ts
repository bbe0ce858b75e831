import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import type { Config } from './config.js';
import { PRESETS } from './presets.js';
import { checkShares, sharedAmong } from './ranks.js';

/** A configuration whose supernet's steps have `accumulate` batches of `batchSize` images. */
function configOf(batchSize: number, accumulate: number): Config {
  return { ...PRESETS.demo, supernet: { ...PRESETS.demo.supernet, batchSize, accumulate } };
}

describe('the batches of a step', () => {
  for (const [ranks, before, after] of [
    [1, [64, 1], [64, 1]],
    [4, [64, 1], [16, 4]],
    [4, [64, 2], [32, 4]],
    [4, [64, 16], [64, 16]],
    [6, [64, 4], [64, 4]], // a third of 64 is no whole number
    [6, [66, 4], [22, 12]],
  ] as const) {
    test(`of ${before.join(' × ')} images are ${after.join(' × ')} on ${ranks} ranks`, () => {
      const { supernet } = sharedAmong(configOf(before[0], before[1]), ranks);
      assert.deepEqual([supernet.batchSize, supernet.accumulate], after);
    });
  }

  test('that ranks cannot share are an error, but only of the recipes that a job trains with', () => {
    const config = configOf(64, 4);
    assert.throws(
      () => checkShares(config, [config.supernet], 3),
      (error) => error instanceof UserError && /supernet\.accumulate is 4, which 3 ranks cannot/.test(error.message),
    );
    checkShares(config, [config.supernet], 2);
    checkShares(config, [], 3);
  });
});
