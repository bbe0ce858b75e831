import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { block } from '../family/glit/block.js';
import { highLevelSpace } from '../space/highLevel.js';
import { int64, zeros, type Tensor } from '../tensor/tensor.js';
import { groupsOf, plainNetwork, supernet, type Network } from './network.js';
import { deit } from '../family/glit/architecture.js';
import { deitLayout, glitLayout } from '../family/glit/layouts.js';
import { readStateDict, toLayout, type StateDict } from './stateDict.js';

const backbone = { imageSize: 16, patchSize: 8, dim: 12, heads: 3, classes: 4 };
const mixed = plainNetwork(
  glitArchitecture({
    backbone,
    blocks: [
      block({ globalHeads: 1, localHeads: 2 }),
      block({ globalHeads: 3, localHeads: 0 }),
      block({ globalHeads: 0, localHeads: 3 }),
    ],
  }),
);
const attention = plainNetwork(deit({ ...backbone, depth: 2 }));

function weightsOf(network: Network): Map<string, Tensor> {
  const named = groupsOf(network).map((group) => {
    const { parameters, buffers } = group.initialize(seeded(1));
    return [...group.unpack(parameters, buffers)];
  });
  return new Map(named.flat());
}

function assertSame(actual: StateDict, expected: StateDict): void {
  assert.deepEqual(new Map([...actual].sort()), new Map([...expected].sort()));
}

describe('the state dict', () => {
  test('becomes that of the official GLiT and comes back, counters of batches included', () => {
    const weights = weightsOf(mixed).set('blocks.2.attn.net.4.num_batches_tracked', int64([], [7]));
    const official = toLayout(mixed, weights, glitLayout);
    assert.deepEqual([...official.keys()].slice(0, 6), [
      'cls_token',
      'pos_embed',
      'patch_embed.proj.weight',
      'patch_embed.proj.bias',
      'blocks.0.0.norm1.weight',
      'blocks.0.0.norm1.bias',
    ]);
    assert.deepEqual(official.get('blocks.2.0.attn.net.4.num_batches_tracked'), int64([], [7]));
    assert.deepEqual(official.get('blocks.0.0.attn.net.4.num_batches_tracked'), int64([], [0]));
    const again = readStateDict(mixed, official, 'official');
    assertSame(again, weights.set('blocks.0.attn.net.4.num_batches_tracked', int64([], [0])));
    assert.deepEqual([...toLayout(mixed, again, glitLayout)], [...official]);
  });

  test('becomes that of DeiT and comes back', () => {
    const weights = weightsOf(attention);
    const official = toLayout(attention, weights, deitLayout);
    assert.equal([...official.keys()][4], 'blocks.0.norm1.weight');
    assertSame(readStateDict(attention, official, 'official'), weights);
    assert.throws(() => toLayout(mixed, weightsOf(mixed), deitLayout), /block 0 has local heads/);
  });

  test('of a supernet keeps its names', () => {
    const network = supernet(backbone, highLevelSpace({ depth: 2, heads: 3 }));
    const weights = weightsOf(network);
    assertSame(readStateDict(network, weights, 'weights'), weights);
  });

  test('errors are one line and name the file and the tensor', () => {
    const broken = (change: (weights: Map<string, Tensor>) => void): (() => unknown) => {
      const weights = weightsOf(attention);
      change(weights);
      return () => readStateDict(attention, weights, 'w.pth');
    };
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      [broken((weights) => weights.delete('norm.weight')), /^w\.pth lacks norm\.weight; use the architecture/],
      [
        broken((weights) => [...weights.keys()].slice(0, 9).forEach((name) => weights.delete(name))),
        /^w\.pth lacks .* and 6 more tensors;/,
      ],
      [
        broken((weights) => weights.set('head_dist.weight', zeros('float32', [2]))),
        /^w\.pth has, .* head_dist\.weight;/,
      ],
      [
        broken((weights) => weights.set('head.weight', zeros('float32', [1000, 12]))),
        /^w\.pth: head\.weight is float32\[1000, 12\], but the network's is float32\[4, 12\];/,
      ],
      [broken((weights) => weights.set('norm.bias', zeros('int64', [12]))), /^w\.pth: norm\.bias is int64\[12\]/],
    ];
    for (const [read, message] of cases) {
      assert.throws(read, (error) => error instanceof UserError && message.test(error.message));
    }
  });
});
