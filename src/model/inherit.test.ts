import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../errors.js';
import { highLevelSpace } from '../space/highLevel.js';
import type { GlitArchitecture } from '../family/glit/architecture.js';
import { describeBlock } from '../family/glit/block.js';
import { float32, type Tensor } from '../tensor/tensor.js';
import { blocksOf, pathOf } from '../space/space.js';
import { headSplits, paperLowLevel } from '../space/lowLevel.js';
import { seeded } from '../random/rng.js';
import { architectureOf, inheritWeights, warmStart } from './inherit.js';
import { groupsOf, plainNetwork, supernet, type Network } from './network.js';

const backbone = { imageSize: 16, patchSize: 8, dim: 12, heads: 3, classes: 4 };
const network = supernet(backbone, highLevelSpace({ depth: 2, heads: 3 }));
const weights = new Map<string, Tensor>(
  groupsOf(network).flatMap(({ prefix, parameters, buffers }) =>
    [...parameters, ...buffers].map(({ name }, at) => [prefix + name, float32([], [at])] as const),
  ),
);

test('a path stands for an architecture', () => {
  assert.deepEqual((architectureOf(network, [3, 1]) as GlitArchitecture).blocks.map(describeBlock), [
    'G3 d1 f4',
    'G1L2 k31 e2 d1 f4',
  ]);
  assert.throws(() => architectureOf(network, [3, 4]), UserError);
});

test('a subnet inherits exactly its own variables, uncopied', () => {
  const inherited = inheritWeights(network, [3, 1], weights);
  const subnet = plainNetwork(architectureOf(network, [3, 1]));
  const names = groupsOf(subnet).flatMap(({ prefix, parameters, buffers }) =>
    [...parameters, ...buffers].map(({ name }) => prefix + name),
  );
  assert.deepEqual([...inherited.keys()].sort(), names.sort());
  assert.equal(inherited.get('head.bias'), weights.get('head.bias'));
  assert.equal(
    inherited.get('blocks.1.attn.net.4.running_var'),
    weights.get('blocks.1.choices.1.attn.net.4.running_var'),
  );
});

test('a missing variable and a path that does not fit are reported', () => {
  const incomplete = new Map(weights);
  incomplete.delete('blocks.1.choices.1.norm1.bias');
  assert.throws(() => inheritWeights(network, [3, 1], incomplete), /lack blocks\.1\.choices\.1\.norm1\.bias/);
  assert.doesNotThrow(() => inheritWeights(network, [3, 2], incomplete));
  assert.throws(() => inheritWeights(network, [3], weights), UserError);
});

/** Drawn weights of a network, with some of them given. */
function drawn(built: Network, seed: string, start?: ReadonlyMap<string, Tensor<'float32'>>) {
  return new Map(
    groupsOf(built).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded(seed), start);
      return [...group.unpack(parameters, buffers)];
    }),
  );
}

for (const entangled of [false, true]) {
  test(`a warm start gives the winner its own weights again${entangled ? ', also as slices of larger ones' : ''}`, () => {
    const wide = { ...backbone, dim: 12 };
    const high = supernet(wide, highLevelSpace({ depth: 4, heads: 3 }), { entangled });
    const path = [0, 1, 2, 3];
    const winner = inheritWeights(high, path, drawn(high, 'high'));
    const low = supernet(wide, paperLowLevel(headSplits([0, 1, 2, 3], 3)), { entangled });
    const blocks = blocksOf(high.space, path);
    const start = warmStart(low, winner, blocks);
    const again = inheritWeights(low, pathOf(low.space, blocks), drawn(low, 'low', start));
    assert.deepEqual(new Map([...again].sort()), new Map([...winner].sort()));
    // Larger sizes than the winner's are drawn.
    const weightsBefore = drawn(low, 'low');
    assert.ok([...weightsBefore.keys()].some((name) => !start.has(name)));
  });
}
