import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { architecture } from '../../src/family/architecture.js';
import { preset, recognizeArchitecture } from '../../src/family/families.js';
import { constant, input, vjp, type Value } from '../../src/graph/index.js';
import { costOf } from '../../src/measure/cost.js';
import { forward, groupsOf, plainNetwork, type Network } from '../../src/model/network.js';
import { readStateDict, shapesOf, toOfficialStateDict } from '../../src/model/stateDict.js';
import { evaluationPhases, fedGroup, trainingPhases } from '../../src/program/sources.js';
import { float32, zeros, type Shape, type Tensor } from '../../src/tensor/tensor.js';
import { crossEntropy, smoothTargets } from '../../src/train/loss.js';
import { evaluate } from '../support/evaluate.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly image: number;
  readonly parameters: number;
}

interface FullSize {
  readonly parameters: number;
  readonly macs_by_operator_fvcore: Readonly<Record<string, number>>;
  /** In the order of PyTorch's state dict. */
  readonly shapes: Readonly<Record<string, Shape>>;
}

const { cases } = await goldenJson<{ cases: readonly Case[] }>('baselines/index.json');
const published = await goldenJson<Readonly<Record<string, FullSize>>>('baselines/full_size.json');

describe('small ResNets of timm: logits, loss, gradients and running statistics', () => {
  for (const { name, file, image, parameters } of cases.filter((each) => each.name.startsWith('res'))) {
    test(name, async (t) => {
      const golden = await GoldenTensors.read(`baselines/${file}`);
      const { family, backbone, ...described } = recognizeArchitecture(shapesOf(stateOf(golden)), file).architecture;
      // The image size does not show in the weights.
      const network = plainNetwork(architecture(family, { ...described, backbone: { ...backbone, imageSize: image } }));
      assert.equal(
        groupsOf(network).reduce((sum, { size }) => sum + size, 0),
        parameters,
      );
      const comparison = new Comparison();
      await check(network, golden, comparison);
      t.diagnostic(comparison.report());
    });
  }
});

/** The reference's weights, without BatchNorm's counters of batches, which it has as vectors. */
function stateOf(golden: GoldenTensors): Map<string, Tensor> {
  return new Map([...golden.under('state/')].filter(([name]) => !name.endsWith('num_batches_tracked')));
}

async function check(network: Network, golden: GoldenTensors, comparison: Comparison): Promise<void> {
  const groups = groupsOf(network);
  const [trunk, ...blocks] = groups.map(fedGroup);
  const choices = blocks.map((block) => [block]);
  const images = input('images', 'float32', golden.get('images').shape);
  const targets = input('targets', 'float32', golden.get('logits_eval').shape);

  const evaluated = forward(network, { images, trunk, choices, phases: evaluationPhases(network) });
  const trained = forward(network, { images, trunk, choices, phases: trainingPhases(network, constant(0.1)) });
  const loss = crossEntropy(trained.logits, targets);
  const gradients = vjp(
    [loss],
    [constant(1)],
    [trunk, ...blocks].map(({ parameters }) => parameters),
  );
  const outputs: Record<string, Value> = { logits_eval: evaluated.logits, logits_train: trained.logits, loss };
  gradients.forEach((gradient, at) => (outputs[`gradient.${at}`] = gradient as Value));
  [trained.trunkBuffers, ...trained.buffers].forEach((value, at) => (outputs[`buffers.${at}`] = value as Value));
  const [batch, classes] = targets.shape;
  const actual = await evaluate(outputs, {
    ...flatWeights(network, readStateDict(network, stateOf(golden), 'the reference state')),
    images: golden.get('images'),
    targets: float32([batch, classes], smoothTargets(golden.get('labels').data, classes, 0)),
  });

  for (const phase of ['eval', 'train']) {
    comparison.absolute('logits', phase, actual[`logits_${phase}`], golden.get(`logits_${phase}`), 2e-5);
  }
  comparison.number('loss', 'training', Number(actual['loss'].data[0]), golden.number('loss'), 1e-5);
  const named = toOfficialStateDict(
    network,
    namedWeights(network, actual, (position, vector) => {
      return `${vector === 'parameters' ? 'gradient' : 'buffers'}.${position === 'trunk' ? 0 : position + 1}`;
    }),
  );
  const expectedGradients = golden.under('grad/');
  assert.equal(expectedGradients.size, groups.flatMap(({ parameters }) => parameters).length);
  for (const [name, expected] of expectedGradients) {
    comparison.relativeLength('gradients', name, named.get(name) as Tensor, expected, 1e-4);
  }
  const statistics = [...golden.under('after/')].filter(([name]) => !name.endsWith('num_batches_tracked'));
  assert.equal(statistics.length, groups.flatMap(({ buffers }) => buffers).length);
  for (const [name, expected] of statistics) {
    // Variances of a few values up to 3: some units in the last place of either side.
    comparison.absolute('statistics', name, named.get(name) as Tensor, expected, 1e-6);
  }
}

describe('published ResNets: parameters, multiply-adds, names and shapes in order', () => {
  for (const [official, name] of [
    ['torchvision/resnet50', 'resnet50'],
    ['torchvision/resnet101', 'resnet101'],
    ['torchvision/resnext50_32x4d', 'resnext50'],
    ['timm/resnet50', 'resnet50'],
  ] as const) {
    test(official, () => {
      const { parameters, macs_by_operator_fvcore: macs, shapes } = published[official];
      const described = preset(name);
      const network = plainNetwork(described);
      assert.deepEqual(costOf(described), { parameters, macs: macs['conv'] + macs['linear'] + (macs['matmul'] ?? 0) });
      const state = new Map(
        groupsOf(network).flatMap(({ prefix, parameters: own, buffers }) =>
          [...own, ...buffers].map((variable) => [prefix + variable.name, zeros('float32', variable.shape)] as const),
        ),
      );
      assert.deepEqual(
        [...shapesOf(toOfficialStateDict(network, state))],
        Object.entries(shapes),
      );
      const recognized = recognizeArchitecture(new Map(Object.entries(shapes)), 'file');
      assert.deepEqual(recognized, { architecture: described, alternatives: [] });
    });
  }
});
