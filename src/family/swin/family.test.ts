import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { UserError } from '../../errors.js';
import { constant, input } from '../../graph/index.js';
import { fineTuned } from '../../model/fineTune.js';
import { forward, groupsOf, plainNetwork, type Network } from '../../model/network.js';
import { readStateDict, shapesOf, toLayout, toOfficialStateDict } from '../../model/stateDict.js';
import { isDecayed } from '../../nn/group.js';
import { inferenceModel } from '../../program/inference.js';
import { evaluationPhases, fedGroup, trainingPhases } from '../../program/sources.js';
import { seeded } from '../../random/rng.js';
import { openDevice, type Device } from '../../runtime/device.js';
import { float32, int64, zeros, type Tensor } from '../../tensor/tensor.js';
import { evaluate } from '../../../test/support/evaluate.js';
import { flatWeights } from '../../../test/golden/flatState.js';
import { architecture } from '../architecture.js';
import { formatArchitecture, parseArchitecture } from '../codec.js';
import { preset, recognizeArchitecture } from '../families.js';
import type { SwinBackbone } from './backbone.js';
import type { SwinBlock } from './block.js';
import { swin } from './family.js';
import { timmLayout, torchvisionLayout } from './layouts.js';

const BACKBONE: SwinBackbone = { imageSize: 24, patchSize: 2, dim: 6, classes: 4 };
const FIRST: SwinBlock = { merge: 0, dim: 6, heads: 1, window: 4, shift: 0, ffnRatio: 2 };
const BLOCKS: readonly SwinBlock[] = [
  FIRST,
  { ...FIRST, shift: 2 },
  { ...FIRST, merge: 1, dim: 12, heads: 2 },
  { ...FIRST, dim: 12, heads: 2, shift: 2 },
  { ...FIRST, merge: 1, dim: 24, heads: 4 },
];
/** Grids of 12, 6 and 3 tokens with windows of 4: what fits, what is filled up, and what one window covers. */
const small = architecture(swin, { name: 'small', backbone: BACKBONE, blocks: BLOCKS });

function weightsOf(network: Network): Map<string, Tensor<'float32'>> {
  return new Map(
    groupsOf(network).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded('weights'));
      // Far from zero, so that every part shows in the logits.
      const drawn = float32(
        parameters.shape,
        parameters.data.map((value, at) => value + 0.1 * Math.sin(at)),
      );
      return [...group.unpack(drawn, buffers)];
    }),
  );
}

function imagesOf(batch: number, size: number): Tensor<'float32'> {
  const rng = seeded('images');
  return float32(
    [batch, 3, size, size],
    Array.from({ length: batch * 3 * size * size }, () => rng.uniform()),
  );
}

let device: Device | undefined;
after(() => device?.close());

describe('a Swin Transformer in a file', () => {
  const text = formatArchitecture(small);

  test('has one block per line and reads back', () => {
    assert.equal(
      text.split('\n').slice(0, 11).join('\n'),
      `{
  "format": "glit-architecture/1",
  "name": "small",
  "family": "swin",
  "imageSize": 24,
  "patchSize": 2,
  "dim": 6,
  "classes": 4,
  "blocks": [
    { "merge": 0, "dim": 6, "heads": 1, "window": 4, "shift": 0, "ffnRatio": 2 },
    { "merge": 0, "dim": 6, "heads": 1, "window": 4, "shift": 2, "ffnRatio": 2 },`,
    );
    assert.deepEqual(parseArchitecture(text, 'small.json'), small);
    const tiny = preset('swin-tiny');
    assert.deepEqual(parseArchitecture(formatArchitecture(tiny), 'tiny.json'), tiny);
  });

  const faults: readonly (readonly [part: string, replacement: string, message: string])[] = [
    ['"imageSize": 24', '"imageSize": 25', 'imageSize is 25, which patches of 2 do not tile; use a multiple'],
    ['"dim": 6,\n', '"dim": 7,\n', 'blocks[0].dim is 6, but the block is given 7 channels; use 7, or merge patches'],
    ['"shift": 2', '"shift": 4', 'blocks[1].shift is 4; use a whole number from 0 to 3, below the window'],
    ['"shift": 0', '"shift": 0.5', 'blocks[0].shift is 0.5; use a whole number from 0 to 3, below the window'],
    ['{ "merge": 0', '{ "merge": 1', 'blocks[0].merge is 1 in the first block; use 0 there'],
    ['{ "merge": 0', '{ "merge": 2', 'blocks[0].merge is 2; use 1 to merge patches before the block, 0 not to'],
    ['"merge": 1', '"merge": 0', 'blocks[2].dim is 12, but the block is given 6 channels; use 6, or merge patches'],
    ['"heads": 1', '"heads": 4', 'blocks[0].dim is 6, which 4 heads do not share evenly; use a multiple of 4'],
    ['"window": 4', '"window": 0', 'blocks[0].window is 0; use a whole number of at least 1'],
    ['"ffnRatio": 2', '"ffnRatio": 0', "blocks[0].ffnRatio is 0; use a number above 0, such as the paper's 4"],
    ['"ffnRatio": 2', '"ffnRatio": 0.4', 'blocks[0].ffnRatio is 0.4, which makes 2.4'],
    ['"window": 4, ', '', 'blocks[0].window is missing; give a number'],
    ['"shift": 0', '"shift": 0, "localHeads": 3', 'blocks[0].localHeads is not a known field; use merge, dim'],
    ['"swin"', '"swim"', 'family is "swim"; use glit, '],
  ];
  for (const [part, replacement, message] of faults) {
    test(`is refused in one line: ${message}`, () => {
      assert.ok(text.includes(part));
      assert.throws(
        () => parseArchitecture(text.replace(part, replacement), 'small.json'),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.ok(error.message.startsWith(`small.json: ${message}`), error.message);
          assert.ok(!error.message.includes('\n'));
          return true;
        },
      );
    });
  }
});

describe("a Swin Transformer's state", () => {
  const network = plainNetwork(small);
  const weights = weightsOf(network);

  for (const layout of [torchvisionLayout, timmLayout]) {
    test(`goes into the names of ${layout.name} and comes back`, () => {
      const official = toLayout(network, weights, layout);
      assert.deepEqual(new Map([...readStateDict(network, official, 'w')].sort()), new Map([...weights].sort()));
      assert.deepEqual(toLayout(network, readStateDict(network, official, 'w'), layout), official);
    });
  }

  test('has the usual names of both, and indices where torchvision needs them', () => {
    const torchvision = toOfficialStateDict(network, weights);
    assert.deepEqual(torchvision.get('features.3.1.attn.relative_position_index')?.shape, [256]);
    assert.ok(
      ['features.0.2.bias', 'features.4.reduction.weight', 'features.5.0.mlp.3.bias', 'head.bias'].every((name) =>
        torchvision.has(name),
      ),
    );
    const timm = toLayout(network, weights, timmLayout);
    assert.ok(
      ['layers.2.downsample.norm.bias', 'layers.1.blocks.1.attn.proj.weight', 'head.fc.weight'].every((name) =>
        timm.has(name),
      ),
    );
    timm.set('layers.0.blocks.1.attn_mask', zeros('float32', [9, 16, 16]));
    timm.set('layers.0.blocks.1.attn.relative_position_index', int64([16, 16], Array(256).fill(0)));
    assert.equal(readStateDict(network, timm, 'w').size, weights.size);
    assert.throws(
      () => readStateDict(network, timm.set('layers.0.blocks.1.mask', zeros('float32', [1])), 'w'),
      /does not know/,
    );
  });

  test('is recognized under every name', () => {
    // Windows of 4 in the last of three stages are those of an image of 32 pixels.
    const expected = { ...small.backbone, imageSize: 32 };
    for (const state of [
      weights,
      ...[torchvisionLayout, timmLayout].map((layout) => toLayout(network, weights, layout)),
    ]) {
      const { architecture: found } = recognizeArchitecture(shapesOf(state), 'w');
      assert.deepEqual(found.backbone, expected);
      assert.deepEqual(found.blocks, small.blocks);
    }
  });

  test('that is no such network is refused in one line', () => {
    const shapes = (change: (state: Map<string, readonly number[]>) => void): Map<string, readonly number[]> => {
      const state = new Map(shapesOf(toLayout(network, weights, timmLayout)));
      change(state);
      return state;
    };
    const cases: readonly (readonly [Map<string, readonly number[]>, RegExp])[] = [
      [shapes((state) => state.delete('head.fc.weight')), /^w has no head\.fc\.weight; /],
      [shapes((state) => state.set('head.fc.weight', [4])), /^w has head\.fc\.weight of 1 axes instead of 2/],
      [shapes((state) => state.delete('layers.1.blocks.0.norm1.weight')), /^w does not number its blocks from 0 on/],
      [shapes((state) => state.set('patch_embed.proj.weight', [6, 1, 2, 2])), /^w takes images of 1 channels/],
      [shapes((state) => state.set('layers.0.blocks.0.attn.relative_position_bias_table', [48, 1])), /table of 48/],
      [shapes((state) => state.set('layers.0.blocks.0.norm1.weight', [5])), /^w: by its shapes, blocks\[0\]\.dim is 5/],
      [new Map([['features.0.0.weight', [6, 3, 2, 2]]]), /^w has no tensors of a known network.*Swin Transformer/],
    ];
    for (const [state, message] of cases) {
      assert.throws(
        () => recognizeArchitecture(state, 'w'),
        (error) => error instanceof UserError && message.test(error.message) && !error.message.includes('\n'),
      );
    }
  });

  test('starts a network for other classes and images', () => {
    const other = plainNetwork(
      architecture(swin, { backbone: { ...BACKBONE, imageSize: 40, classes: 9 }, blocks: BLOCKS }),
    );
    for (const layout of [torchvisionLayout, timmLayout]) {
      const start = fineTuned(toLayout(network, weights, layout), other);
      assert.deepEqual(
        [...weights.keys()].filter((name) => !start.has(name)),
        ['head.weight', 'head.bias'],
      );
    }
  });

  test('spares tables of relative positions from weight decay', () => {
    const [table] = network.choices[0][0].parameters.filter(({ name }) => name.endsWith('bias_table'));
    assert.deepEqual(table.shape, [49, 1]);
    assert.equal(isDecayed(table), false);
  });
});

describe('a Swin Transformer at work', () => {
  const network = plainNetwork(small);
  const weights = weightsOf(network);
  const size = BACKBONE.imageSize;

  test('gives the same logits in batches of any size', async () => {
    device ??= await openDevice({ kind: 'cpu', threads: 1 });
    const program = await device.compile(inferenceModel(network, weights));
    const three = imagesOf(3, size);
    const { logits } = await program.run({ pixel_values: three });
    assert.deepEqual(logits.shape, [3, 4]);
    const trunk = fedGroup(network.trunk);
    const { logits: graph } = forward(network, {
      images: input('images', 'float32', [3, 3, size, size]),
      trunk,
      choices: network.choices.map((groups) => groups.map(fedGroup)),
      phases: evaluationPhases(network),
    });
    const fixed = await evaluate({ logits: graph }, { ...flatWeights(network, weights), images: three });
    assertNear(logits.data as Float32Array, fixed['logits'].data as Float32Array);
    for (let at = 0; at < 3; at++) {
      const one = float32([1, 3, size, size], three.data.slice(at * 3 * size * size, (at + 1) * 3 * size * size));
      const { logits: alone } = await program.run({ pixel_values: one });
      assertNear(alone.data as Float32Array, (logits.data as Float32Array).slice(4 * at, 4 * at + 4));
    }
  });

  test('drops either residual branch of a block for the images that drop path names', async () => {
    const rows = swin.residualBranches * BLOCKS.length;
    const logitsWith = async (keep: readonly number[]): Promise<Float32Array> => {
      const { logits } = forward(network, {
        images: input('images', 'float32', [2, 3, size, size]),
        trunk: fedGroup(network.trunk),
        choices: network.choices.map((groups) => groups.map(fedGroup)),
        phases: trainingPhases(network, constant(0.1), input('keep', 'float32', [rows, 2])),
      });
      const feeds = { ...flatWeights(network, weights), images: imagesOf(2, size), keep: float32([rows, 2], keep) };
      return (await evaluate({ logits }, feeds))['logits'].data as Float32Array;
    };
    const kept = await logitsWith(Array<number>(2 * rows).fill(1));
    for (let branch = 0; branch < rows; branch++) {
      // The branch is dropped for the second image only.
      const found = await logitsWith(Array.from({ length: 2 * rows }, (_, at) => (at === 2 * branch + 1 ? 0 : 1)));
      assertNear(found.slice(0, 4), kept.slice(0, 4));
      assert.ok(
        found.slice(4).some((value, at) => Math.abs(value - kept[4 + at]) > 1e-4),
        `branch ${branch}`,
      );
    }
  });
});

/** Batches of other sizes are cut and multiplied in another order: float32's rounding, a few units of 1e-7 of logits near 1. */
function assertNear(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, at) => assert.ok(Math.abs(value - expected[at]) <= 1e-5, `${value} for ${expected[at]}`));
}
