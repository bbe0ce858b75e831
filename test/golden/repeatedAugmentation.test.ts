import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { officialRepeatedIndices, replicaShare } from '../../src/loader/plan.js';
import { goldenJson } from './data.js';

interface Sampler {
  readonly repeats: number;
  readonly cases: readonly {
    readonly dataset_size: number;
    readonly epoch: number;
    readonly replicas: number;
    readonly permutation: readonly number[];
    readonly ranks: readonly {
      readonly rank: number;
      readonly num_selected_samples: number;
      readonly selected: readonly number[];
      readonly before_selection?: readonly number[];
    }[];
  }[];
}

const { repeats, cases } = await goldenJson<Sampler>('recipe/ra_sampler.json');

describe("DeiT's repeated augmentation", () => {
  for (const { dataset_size, epoch, replicas, permutation, ranks } of cases) {
    test(`${dataset_size} images, epoch ${epoch}, ${replicas} processes`, () => {
      const order = Int32Array.from(permutation);
      assert.equal(order.length, dataset_size);
      assert.equal(ranks.length, replicas);
      for (const { rank, num_selected_samples, selected, before_selection } of ranks) {
        assert.equal(selected.length, num_selected_samples);
        assert.deepEqual([...officialRepeatedIndices(order, { repeats, replicas, rank })], selected);
        if (before_selection === undefined) continue;
        assert.deepEqual([...replicaShare(order, { repeats, replicas, rank })], before_selection);
      }
    });
  }

  test('of 103 images selects none, unlike the project’s own', () => {
    const small = cases.filter(({ dataset_size }) => dataset_size === 103);
    assert.ok(small.length > 0 && small.every(({ ranks }) => ranks.every(({ selected }) => selected.length === 0)));
    assert.ok(small.every(({ ranks }) => ranks.every(({ before_selection }) => before_selection?.length === 155)));
  });
});
