import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { architecture } from '../../src/family/architecture.js';
import { preset, recognizeArchitecture } from '../../src/family/families.js';
import { timmLayout, torchvisionLayout } from '../../src/family/swin/layouts.js';
import { constant, input, vjp, type Value } from '../../src/graph/index.js';
import { costOf } from '../../src/measure/cost.js';
import { forward, groupsOf, plainNetwork } from '../../src/model/network.js';
import { readStateDict, shapesOf, toLayout } from '../../src/model/stateDict.js';
import { evaluationPhases, fedGroup, trainingPhases } from '../../src/program/sources.js';
import { float32, zeros, type Tensor } from '../../src/tensor/tensor.js';
import { crossEntropy, smoothTargets } from '../../src/train/loss.js';
import { evaluate } from '../support/evaluate.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';

/** Both networks are this; at 48 pixels its grids of 12 and 6 tokens are filled up to whole windows of 7. */
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
      const weights = readStateDict(network, state, name);
      const groups = groupsOf(network);
      const [trunk, ...fed] = groups.map(fedGroup);
      const choices = fed.map((group) => [group]);
      const images = input('images', 'float32', golden.get('images').shape);
      const targets = input('targets', 'float32', golden.get('logits_eval').shape);
      const evaluated = forward(network, { images, trunk, choices, phases: evaluationPhases(network) });
      const trained = forward(network, { images, trunk, choices, phases: trainingPhases(network, constant(0.1)) });
      const loss = crossEntropy(trained.logits, targets);
      const gradients = vjp(
        [loss],
        [constant(1)],
        [trunk, ...fed].map(({ parameters }) => parameters),
      );
      const outputs: Record<string, Value> = { evaluated: evaluated.logits, trained: trained.logits, loss };
      groups.forEach((_, at) => (outputs[`gradient.${at}`] = gradients[at] as Value));
      const [batch, classes] = targets.shape;
      const actual = await evaluate(outputs, {
        ...flatWeights(network, weights),
        images: golden.get('images'),
        targets: float32([batch, classes], smoothTargets(golden.get('labels').data, classes, 0)),
      });

      const comparison = new Comparison();
      comparison.absolute('logits', 'evaluation', actual['evaluated'], golden.get('logits_eval'), 2e-5);
      comparison.absolute('logits', 'training', actual['trained'], golden.get('logits_train'), 2e-5);
      comparison.number('loss', 'training', Number(actual['loss'].data[0]), golden.number('loss'), 1e-5);
      const found = namedWeights(network, actual, (position) => `gradient.${position === 'trunk' ? 0 : position + 1}`);
      // Named as torchvision names them, but for the indices, which have no gradient.
      const named = toLayout(network, found, torchvisionLayout);
      const expected = golden.under('grad/');
      assert.equal(expected.size, found.size);
      for (const [official, gradient] of expected) {
        comparison.relativeLength('gradients', official, named.get(official) as Tensor, gradient, 1e-4);
      }
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
  for (const [name, layout] of [
    ['torchvision/swin_t', torchvisionLayout],
    ['timm/swin_tiny_patch4_window7_224', timmLayout],
  ] as const) {
    const { parameters, macs_by_operator_fvcore: macs, shapes } = published[name];

    test(`${name}, in parameters and multiply-adds`, () => {
      assert.equal(cost.parameters, parameters);
      assert.equal(cost.macs, macs['conv'] + macs['linear'] + macs['matmul']);
    });

    test(`${name}, in names and shapes`, () => {
      const official = shapesOf(toLayout(network, state, layout));
      assert.deepEqual(Object.fromEntries(official), shapes);
      // Indices come last; what is trained comes in the official order.
      const trained = (names: Iterable<string>): string[] => [...names].filter((each) => !each.endsWith('_index'));
      assert.deepEqual(trained(official.keys()), trained(Object.keys(shapes)));
    });

    test(`${name}, recognized by its shapes`, () => {
      const { architecture: found, alternatives } = recognizeArchitecture(new Map(Object.entries(shapes)), name);
      assert.deepEqual(found, architectureOfTiny);
      assert.deepEqual(alternatives, []);
    });
  }
});
