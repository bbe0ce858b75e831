import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../errors.js';
import { highLevelSpace } from '../space/highLevel.js';
import type { GlitArchitecture } from '../family/glit/architecture.js';
import { describeBlock } from '../family/glit/block.js';
import { float32, type Tensor } from '../tensor/tensor.js';
import { architectureOf, inheritWeights } from './inherit.js';
import { groupsOf, plainNetwork, supernet } from './network.js';

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
