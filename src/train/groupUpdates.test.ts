import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { TINY_BACKBONE, TINY_RECIPE, tinyDataset } from '../../test/support/tinyNetworks.js';
import { IMAGENET_NORMALIZATION } from '../family/preprocessing.js';
import { NO_AUGMENTATION } from '../image/augment/augmentation.js';
import { trainingLoader } from '../loader/loader.js';
import { groupsOf, supernet } from '../model/network.js';
import { inputName } from '../program/sources.js';
import { seeded } from '../random/rng.js';
import { openDevice } from '../runtime/device.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { samplePath, type Path } from '../space/space.js';
import type { Tensor } from '../tensor/tensor.js';
import { GroupUpdates } from './groupUpdates.js';
import { train } from './loop.js';
import { adamw } from './optimizers/adamw.js';
import { groupsAt } from './state.js';

const device = await openDevice({ threads: 1 });
after(() => device.close());

const grid = { kernels: [3, 5], expansions: [1, 2], dkRatios: [0.5, 1], ffnRatios: [1, 2] };
const space = paperLowLevel(headSplits([3, 1, 0], 3), { grid });

describe('the updates of a group', () => {
  const network = supernet(TINY_BACKBONE, space);
  const groups = groupsOf(network);

  test('are the steps whose path had it, also after going back', () => {
    const path = (step: number): Path => samplePath(space, seeded('paths').fork(step));
    const updates = new GroupUpdates(network, (step) => ({ path: path(step), decay: 1 }));
    for (const step of [0, 1, 7, 30, 12, 13]) {
      const expected = groups.map(() => 0);
      for (let earlier = 0; earlier <= step; earlier++) {
        for (const { group } of groupsAt(network, path(earlier))) expected[groups.indexOf(group)]++;
      }
      assert.deepEqual([...updates.after(step)], expected, `step ${step}`);
    }
  });

  for (const entangled of [false, true]) {
    test(`are what AdamW corrects its bias by: ${entangled ? 'shared' : 'separate'} weights`, async () => {
      const network = supernet(TINY_BACKBONE, space, { entangled });
      const last = space.positions.map(({ length }) => length - 1);
      // Many steps of other choices, then one of the last ones.
      const steps = 12;
      const pathOf = (step: number): Path => (step < steps - 1 ? last.map(() => 0) : last);
      const vectors = async (count: number): Promise<ReadonlyMap<string, Tensor>> => {
        const options = { imageSize: 32, batchSize: TINY_RECIPE.batchSize, rng: seeded(1), workers: 0 };
        const loader = trainingLoader(tinyDataset().train, { ...options, augmentation: NO_AUGMENTATION });
        const recipe = {
          ...{ ...TINY_RECIPE, steps: count, optimizer: adamw(), weightDecay: 0, clipNorm: 0 },
          ...{ learningRate: 1e-3, warmupLearningRate: 1e-3, minLearningRate: 1e-3 },
        };
        const job = { device, network, loader, recipe, normalization: IMAGENET_NORMALIZATION, rng: seeded(1) };
        const state = await train({ ...job, paths: (step) => ({ path: pathOf(step), decay: 1 }) });
        const snapshot = await state.snapshot();
        state.free();
        await loader.close();
        return snapshot;
      };
      const [before, then] = [await vectors(steps - 1), await vectors(steps)];
      const earlier = new Set(groupsAt(network, pathOf(0)).map(({ group }) => group));
      const fresh = groupsAt(network, last).filter(({ group }) => !earlier.has(group) && group.size > 0);
      assert.ok(fresh.length > 0);
      for (const { group } of fresh) {
        const [old, next] = [before, then].map((each) =>
          Array.from(each.get(inputName(group, 'parameters'))?.data ?? [], Number),
        );
        // AdamW's first step is the learning rate in the direction of the gradient, wherever that is not tiny.
        const moves = next.map((value, at) => Math.abs(value - old[at]));
        assert.ok(Math.max(...moves) <= 1.001e-3, `${Math.max(...moves)}`);
        assert.ok(moves.filter((move) => move > 0.95e-3).length > 0.5 * moves.length);
      }
    });
  }
});
