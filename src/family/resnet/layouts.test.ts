import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TINY_RESNET } from '../../../test/support/tinyResnet.js';
import { UserError } from '../../errors.js';
import { groupsOf, plainNetwork, type Network } from '../../model/network.js';
import { readStateDict, toLayout } from '../../model/stateDict.js';
import { seeded } from '../../random/rng.js';
import { int64, type Tensor } from '../../tensor/tensor.js';
import { architecture } from '../architecture.js';
import { resnet } from './family.js';
import { torchvisionLayout } from './layouts.js';

function weightsOf(network: Network): Map<string, Tensor> {
  const named = groupsOf(network).flatMap((group): [string, Tensor][] => {
    const { parameters, buffers } = group.initialize(seeded(1));
    return [...group.unpack(parameters, buffers)];
  });
  return new Map(named);
}

test('weights get torchvision’s names, in its order, and come back, counters of batches included', () => {
  const network = plainNetwork(TINY_RESNET);
  const weights = weightsOf(network)
    .set('bn1.num_batches_tracked', int64([], [7]))
    .set('blocks.3.downsample.1.num_batches_tracked', int64([], [8]));
  const official = toLayout(network, weights, torchvisionLayout);
  const names = [...official.keys()];
  assert.deepEqual(names.slice(0, 7), [
    'conv1.weight',
    'bn1.weight',
    'bn1.bias',
    'bn1.running_mean',
    'bn1.running_var',
    'bn1.num_batches_tracked',
    'layer1.0.conv1.weight',
  ]);
  assert.deepEqual(names.slice(-2), ['fc.weight', 'fc.bias']);
  assert.deepEqual(
    names.filter((name) => /conv1\.weight|downsample\.0/.test(name)),
    [
      'conv1.weight',
      'layer1.0.conv1.weight',
      'layer1.0.downsample.0.weight',
      'layer1.1.conv1.weight',
      'layer2.0.conv1.weight',
      'layer2.0.downsample.0.weight',
      'layer3.0.conv1.weight',
      'layer3.0.downsample.0.weight',
      'layer4.0.conv1.weight',
      'layer4.0.downsample.0.weight',
    ],
  );
  assert.deepEqual(official.get('bn1.num_batches_tracked'), int64([], [7]));
  assert.deepEqual(official.get('layer3.0.downsample.1.num_batches_tracked'), int64([], [8]));
  assert.deepEqual(official.get('layer4.0.bn3.num_batches_tracked'), int64([], [0]));
  const again = readStateDict(network, official, 'official');
  for (const [name, value] of weights) assert.deepEqual(again.get(name), value, name);
  assert.deepEqual([...toLayout(network, again, torchvisionLayout)], [...official]);
});

test('a network of three stages has no names in torchvision', () => {
  const network = plainNetwork(architecture(resnet, { ...TINY_RESNET, blocks: TINY_RESNET.blocks.slice(0, 4) }));
  assert.throws(
    () => toLayout(network, weightsOf(network), torchvisionLayout),
    (error) => error instanceof UserError && /^the network has 3 stages, .* have 4; write/.test(error.message),
  );
});
