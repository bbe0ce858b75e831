import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { architecture } from '../../src/family/architecture.js';
import { preset, recognizeArchitecture } from '../../src/family/families.js';
import { costOf } from '../../src/measure/cost.js';
import { groupsOf, plainNetwork } from '../../src/model/network.js';
import { shapesOf, toOfficialStateDict } from '../../src/model/stateDict.js';
import { zeros, type Shape } from '../../src/tensor/tensor.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { compareWholeNetwork, withoutCounters } from './wholeNetwork.js';

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
      const { family, backbone, ...described } = recognizeArchitecture(shapesOf(withoutCounters(golden.under('state/'))), file).architecture;
      // The image size does not show in the weights.
      const network = plainNetwork(architecture(family, { ...described, backbone: { ...backbone, imageSize: image } }));
      assert.equal(
        groupsOf(network).reduce((sum, { size }) => sum + size, 0),
        parameters,
      );
      const comparison = new Comparison();
      await compareWholeNetwork(network, golden, (state) => toOfficialStateDict(network, state), comparison);
      t.diagnostic(comparison.report());
    });
  }
});

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
      const cost = costOf(described);
      const network = plainNetwork(described);
      assert.equal(cost.parameters, parameters);
      assert.equal(cost.macs, macs['conv'] + macs['linear'] + (macs['matmul'] ?? 0));
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
