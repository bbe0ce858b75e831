import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { architecture } from '../../src/family/architecture.js';
import { preset, recognizeArchitecture } from '../../src/family/families.js';
import { timmLayout, torchvisionLayout } from '../../src/family/swin/layouts.js';
import { costOf } from '../../src/measure/cost.js';
import { groupsOf, plainNetwork } from '../../src/model/network.js';
import { shapesOf, toLayout } from '../../src/model/stateDict.js';
import { zeros } from '../../src/tensor/tensor.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { compareWholeNetwork } from './wholeNetwork.js';

/** The architecture of both networks; at 48 pixels, its grids of 12 and 6 tokens are padded to whole windows of 7. */
const CASES = [
  ['swin_even', 56],
  ['swin_padded', 48],
] as const;

for (const [name, imageSize] of CASES) {
  describe(`torchvision's Swin Transformer, ${name}`, () => {
    test('is recognized by its weights and gives their logits, loss and gradients', async (t) => {
      const golden = await GoldenTensors.read(`baselines/${name}.safetensors`);
      const state = golden.under('state/');
      const { family, backbone, blocks } = recognizeArchitecture(shapesOf(state), name).architecture;
      assert.equal(backbone.imageSize, 56);
      assert.deepEqual(
        blocks.map((each) => family.describeBlock(each)),
        ['D24 h2 w7 f4', 'D24 h2 w7 s3 f4', 'merge D48 h4 w7 f4', 'D48 h4 w7 s3 f4'],
      );
      const network = plainNetwork(architecture(family, { backbone: { ...backbone, imageSize }, blocks }));
      const comparison = new Comparison();
      // Named as torchvision names them, but for the indices, which have no gradient.
      await compareWholeNetwork(network, golden, (found) => toLayout(network, found, torchvisionLayout), comparison);
      t.diagnostic(comparison.report());
    });
  });
}

interface FullSize {
  readonly parameters: number;
  readonly macs_by_operator_fvcore: Readonly<Record<string, number>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

describe('swin-tiny is', async () => {
  const published = await goldenJson<Record<string, FullSize>>('baselines/full_size.json');
  const architectureOfTiny = preset('swin-tiny');
  const network = plainNetwork(architectureOfTiny);
  const cost = costOf(architectureOfTiny);
  const state = new Map(
    groupsOf(network).flatMap(({ prefix, parameters }) =>
      parameters.map(({ name, shape }) => [prefix + name, zeros('float32', shape)] as const),
    ),
  );
  for (const [name, layout, resized] of [
    ['torchvision/swin_t', torchvisionLayout, 232],
    ['timm/swin_tiny_patch4_window7_224', timmLayout, 248],
  ] as const) {
    const { parameters, macs_by_operator_fvcore: macs, shapes } = published[name];

    test(`${name}, in parameters and multiply-adds`, () => {
      assert.equal(cost.parameters, parameters);
      assert.equal(cost.macs, macs['conv'] + macs['linear'] + macs['matmul']);
    });

    test(`${name}, in names and shapes`, () => {
      const official = shapesOf(toLayout(network, state, layout));
      assert.deepEqual(Object.fromEntries(official), shapes);
      // Indices come last; trained tensors come in the official order.
      const trained = (names: Iterable<string>): string[] => [...names].filter((each) => !each.endsWith('_index'));
      assert.deepEqual(trained(official.keys()), trained(Object.keys(shapes)));
    });

    test(`${name}, recognized by its shapes`, () => {
      const { architecture: found, alternatives } = recognizeArchitecture(new Map(Object.entries(shapes)), name);
      const { preprocessing, ...rest } = architectureOfTiny;
      assert.deepEqual(found, { ...rest, preprocessing: { ...preprocessing, crop: found.preprocessing.crop } });
      // Both crop 224 pixels, of images whose shorter side they resize to this.
      assert.equal(Math.floor(224 / found.preprocessing.crop), resized);
      assert.deepEqual(alternatives, []);
    });
  }
});
