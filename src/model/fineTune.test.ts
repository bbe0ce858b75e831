import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { block } from '../family/glit/block.js';
import { zeros, type Tensor } from '../tensor/tensor.js';
import { TINY_ARCHITECTURE } from '../../test/support/tinyNetworks.js';
import { fineTuned } from './fineTune.js';
import { groupsOf, plainNetwork, type Network } from './network.js';
import { resizedPositions } from '../family/glit/positionEmbedding.js';
import { glitLayout } from '../family/glit/layouts.js';
import { toLayout } from './stateDict.js';

const { backbone, blocks } = TINY_ARCHITECTURE;

function networkOf(changes: Partial<typeof backbone>, changed = blocks): Network {
  return plainNetwork(glitArchitecture({ backbone: { ...backbone, ...changes }, blocks: changed }));
}

function weightsOf(network: Network): Map<string, Tensor<'float32'>> {
  return new Map(
    groupsOf(network).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded('pretrained'));
      return [...group.unpack(parameters, buffers)];
    }),
  );
}

const weights = weightsOf(networkOf({}));

describe('fine-tuning starts', () => {
  test('from the very weights, for the same classes and the same size', () => {
    assert.deepEqual(new Map([...fineTuned(weights, networkOf({}))].sort()), new Map([...weights].sort()));
  });

  test('from all but the head, for other classes', () => {
    for (const classes of [1, 7, 100]) {
      const start = fineTuned(weights, networkOf({ classes }));
      assert.deepEqual([...weights.keys()].filter((name) => !start.has(name)).sort(), ['head.bias', 'head.weight']);
      for (const [name, value] of start) assert.deepEqual(value, weights.get(name));
    }
  });

  test('from all but the head, for as many other classes', () => {
    const start = fineTuned(weights, networkOf({}), 'the weights', { sameClasses: false });
    assert.deepEqual([...weights.keys()].filter((name) => !start.has(name)).sort(), ['head.bias', 'head.weight']);
  });

  test('from positions of the new size, for other images', () => {
    const network = networkOf({ imageSize: 48, classes: 3 });
    const start = fineTuned(weights, network);
    const [expected, found] = [weights.get('pos_embed'), start.get('pos_embed')];
    assert.ok(expected && found);
    assert.deepEqual(found, resizedPositions(expected, 6));
    assert.deepEqual(found.shape, [1, 37, 12]);
    // The group accepts the result as a whole.
    const drawn = network.trunk.initialize(seeded('drawn'), start);
    assert.deepEqual(network.trunk.unpack(drawn.parameters, drawn.buffers).get('pos_embed'), found);
  });

  test('from the official names, counters and all', () => {
    const official = toLayout(networkOf({}), weights, glitLayout);
    assert.ok([...official.keys()].some((name) => name.startsWith('blocks.0.0.')));
    assert.deepEqual(new Map([...fineTuned(official, networkOf({}))].sort()), new Map([...weights].sort()));
  });
});

describe('weights of another architecture are refused', () => {
  const refuses = (given: ReadonlyMap<string, Tensor>, network: Network, message: RegExp): void => {
    assert.throws(
      () => fineTuned(given, network, 'some.pth'),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^some\.pth/);
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
  };
  const without = (name: string): Map<string, Tensor> => new Map([...weights].filter(([other]) => other !== name));

  test('by the first tensor that does not fit', () => {
    const kernel = [block({ globalHeads: 0, localHeads: 3, kernel: 7 }), ...blocks.slice(1)];
    refuses(
      weights,
      networkOf({}, kernel),
      /blocks\.0\.attn\.net\.3\.conv\.weight is .*\b5\].* but the network's is .*\b7\]/,
    );
    refuses(
      weights,
      networkOf({ dim: 24 }),
      /patch_embed\.proj\.weight is float32\[12, 3, 8, 8\].* and \d+ more do not fit/,
    );
    refuses(weights, networkOf({ patchSize: 4 }), /patch_embed\.proj\.weight/);
  });

  test('by the first that is missing or too much', () => {
    refuses(weights, networkOf({}, blocks.slice(0, 2)), /has, but the network does not know, blocks\.2\./);
    refuses(weights, networkOf({}, [...blocks, blocks[2]]), /lacks blocks\.3\./);
    for (const name of ['head.weight', 'pos_embed', 'norm.bias'])
      refuses(without(name), networkOf({}), new RegExp(`lacks ${name}`));
  });

  test('and so is a position embedding or a head that makes no sense', () => {
    const positions = new Map<string, Tensor>([...weights, ['pos_embed', zeros('float32', [1, 19, 12])]]);
    refuses(positions, networkOf({}), /pos_embed is float32\[1, 19, 12\], but the network's is float32\[1, 17, 12\]/);
    for (const shape of [[], [0, 12], [10]]) {
      refuses(
        new Map<string, Tensor>([...weights, ['head.weight', zeros('float32', shape)]]),
        networkOf({}),
        /head\.weight is/,
      );
    }
    refuses(new Map<string, Tensor>([...weights, ['pos_embed', zeros('float32', [])]]), networkOf({}), /pos_embed is/);
    refuses(
      new Map<string, Tensor>([...weights, ['pos_embed', zeros('int64', [1, 17, 12])]]),
      networkOf({}),
      /pos_embed is int64/,
    );
  });
});
