import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_AUGMENTATION } from '../image/augment/augmentation.js';
import { trainingLoader } from '../loader/loader.js';
import { IMAGENET_NORMALIZATION } from '../family/preprocessing.js';
import { architectureOf, inheritWeights } from '../model/inherit.js';
import { plainNetwork, supernet, type Network } from '../model/network.js';
import { inputName } from '../program/sources.js';
import { seeded } from '../random/rng.js';
import { openDevice, type Device } from '../runtime/device.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { samplePath } from '../space/space.js';
import { TINY_BACKBONE, TINY_RECIPE, tinyDataset } from '../../test/support/tinyNetworks.js';
import { train, type Recipe } from './loop.js';
import { adamw } from './optimizers/adamw.js';
import { sgd } from './optimizers/sgd.js';
import { groupsAt, NetworkState, type Weights } from './state.js';

let device: Device;
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(() => device.close());

const RNG = 'entangled';

async function trained(network: Network, recipe: Recipe, start?: Weights): Promise<NetworkState> {
  const { batchSize } = recipe;
  const options = { imageSize: 32, batchSize, rng: seeded(RNG), augmentation: NO_AUGMENTATION, workers: 0 };
  const loader = trainingLoader(tinyDataset().train, options);
  const normalization = IMAGENET_NORMALIZATION;
  const state = await train({ device, network, loader, normalization, recipe, rng: seeded(RNG), start });
  await loader.close();
  return state;
}

describe('a step of an entangled supernet', () => {
  const grid = { kernels: [3, 5], expansions: [1, 2], dkRatios: [0.5, 1], ffnRatios: [1, 2] };
  const network = supernet(TINY_BACKBONE, paperLowLevel(headSplits([3, 1, 0], 3), { grid }), { entangled: true });
  const path = samplePath(network.space, seeded(RNG).fork('path').fork(0));

  for (const optimizer of [adamw(), sgd({ momentum: 0.9, nesterov: false })]) {
    for (const accumulate of [1, 2]) {
      const recipe = { ...TINY_RECIPE, steps: 1, accumulate, optimizer, warmupLearningRate: 1e-3 };
      const name = `${optimizer.name}, ${accumulate === 1 ? 'one batch' : 'several batches'}`;

      test(`leaves everything outside the path's slices as it is: ${name}`, async () => {
        const first = await NetworkState.initialize(device, network, seeded(RNG).fork('weights'), {
          slots: optimizer.slots,
        });
        const state = await trained(network, recipe);
        const [before, after] = [await first.snapshot(), await state.snapshot()];
        const active = new Set(groupsAt(network, path).map(({ group }) => group));
        let outside = 0;
        for (const group of [network.trunk, ...network.choices.flat()]) {
          for (const vector of ['parameters', 'buffers', ...optimizer.slots]) {
            const key = inputName(group, vector);
            const [old, next] = [before.get(key), after.get(key)];
            if (active.has(group)) {
              if (vector !== 'buffers') assert.notDeepEqual(next, old, key);
              continue;
            }
            assert.deepEqual(next, old, key);
            outside += next?.data.length ?? 0;
          }
        }
        assert.ok(outside > 1000);
        first.free();
        state.free();
      });

      test(`moves the path's slices as a step of its network does: ${name}`, async () => {
        const first = await NetworkState.initialize(device, network, seeded(RNG).fork('weights'));
        const subnet = plainNetwork(architectureOf(network, path));
        const [ofPath, alone] = [
          await trained(network, recipe),
          await trained(subnet, recipe, inheritWeights(network, path, await first.weights())),
        ];
        const expected = await alone.weights();
        const found = inheritWeights(network, path, await ofPath.weights());
        assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
        for (const [variable, { data }] of expected) {
          // In exact arithmetic, the gradient of the keys' bias is 0, and AdamW divides it by its own size.
          if (variable.endsWith('attn.qkv.bias')) continue;
          const error = Math.max(...data.map((value, at) => Math.abs(value - Number(found.get(variable)?.data[at]))));
          assert.ok(error <= 2e-5, `${variable}: ${error}`);
        }
        for (const state of [first, ofPath, alone]) state.free();
      });
    }
  }
});
