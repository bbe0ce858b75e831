import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constant, input, vjp, type Value } from '../../src/graph/index.js';
import { layerNorm } from '../../src/nn/layerNorm.js';
import { forward, groupsOf, plainNetwork, type Network } from '../../src/model/network.js';
import { glitArchitecture, type GlitArchitecture } from '../../src/family/glit/architecture.js';
import { preset } from '../../src/family/families.js';
import { evaluationPhases, fedGroup, trainingPhases } from '../../src/program/sources.js';
import { readStateDict } from '../../src/model/stateDict.js';
import { describeBlock, type GlitBlock } from '../../src/family/glit/block.js';
import { headSplits, releasedLowLevel } from '../../src/space/lowLevel.js';
import { blocksOf } from '../../src/space/space.js';
import { float32, type Tensor } from '../../src/tensor/tensor.js';
import { crossEntropy, smoothTargets } from '../../src/train/loss.js';
import { evaluate } from '../support/evaluate.js';
import { Comparison, values } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';
import { smallDeit } from './smallDeit.js';
import { ZeroGradients } from './zeroGradients.js';

interface GlitModel {
  readonly name: string;
  readonly config: Record<'img' | 'patch' | 'dim' | 'heads' | 'classes', number>;
  readonly base_arch: readonly number[];
  readonly arch: readonly number[];
  readonly params: number;
  readonly blocks: readonly Record<'v_head_of_3' | 'e_v' | 'e_c' | 'k_size' | 'mlp_ratio', number>[];
  readonly analytically_zero_gradients: readonly string[];
}

const glit = (await goldenJson<{ models: readonly GlitModel[] }>('model/index.json')).models;

describe('whole official networks: features, logits, loss, gradients and running statistics', () => {
  for (const model of glit) {
    test(`GLiT, ${model.name}`, async (t) => {
      const { img: imageSize, patch: patchSize, dim, heads, classes } = model.config;
      const splits = headSplits(
        model.base_arch.map((thirds) => (thirds * heads) / 3),
        heads,
      );
      const blocks = blocksOf(releasedLowLevel(splits), model.arch);
      assert.deepEqual(blocks.map(described), model.blocks.map(describedOfficially(heads)));
      const network = plainNetwork(glitArchitecture({ backbone: { imageSize, patchSize, dim, heads, classes }, blocks }));
      const comparison = new Comparison();
      await check(network, await GoldenTensors.read(`model/${model.name}.safetensors`), model, comparison);
      t.diagnostic(comparison.report());
    });
  }

  test('the small GLiT has the blocks of the preset', () => {
    const { blocks } = preset('glit-tiny') as GlitArchitecture;
    assert.deepEqual(blocks.map(described), glit[0].blocks.map(describedOfficially(3)));
  });

  test('DeiT', async (t) => {
    const { network, golden, ...model } = await smallDeit();
    const comparison = new Comparison();
    await check(network, golden, model, comparison);
    t.diagnostic(comparison.report());
  });
});

async function check(
  network: Network,
  golden: GoldenTensors,
  model: { readonly params: number; readonly analytically_zero_gradients: readonly string[] },
  comparison: Comparison,
): Promise<void> {
  const groups = groupsOf(network);
  const depth = network.choices.length;
  assert.equal(
    groups.reduce((sum, { size }) => sum + size, 0),
    model.params,
  );
  const [trunk, ...blocks] = groups.map(fedGroup);
  const choices = blocks.map((block) => [block]);
  const images = input('images', 'float32', golden.get('images').shape);
  const targets = input('targets', 'float32', golden.get('logits_eval').shape);

  const evaluated = forward(network, { images, trunk, choices, phases: evaluationPhases(network) });
  const trained = forward(network, { images, trunk, choices, phases: trainingPhases(network, constant(0.1)) });
  const loss = crossEntropy(trained.logits, targets);
  const norm = trunk
    .open(trunk.captures)
    .module('norm', (scope) => layerNorm(scope, evaluated.features[depth]));
  const gradients = vjp(
    [loss],
    [constant(1)],
    [trunk, ...blocks].map(({ parameters }) => parameters),
  );
  const outputs: Record<string, Value> = {
    logits_eval: evaluated.logits,
    loss_eval: crossEntropy(evaluated.logits, targets),
    logits_train: trained.logits,
    loss_train: loss,
    norm,
  };
  evaluated.features.forEach((value, at) => (outputs[`features.${at}`] = value));
  groups.forEach((_, at) => (outputs[`gradient.${at}`] = gradients[at] as Value));
  trained.buffers.forEach((value, position) => {
    if (value !== undefined) outputs[`buffers.${position}`] = value;
  });
  const weights = readStateDict(network, golden.under('state/'), 'the reference state');
  const [batch, classes] = targets.shape;
  const actual = await evaluate(outputs, {
    ...flatWeights(network, weights),
    images: golden.get('images'),
    targets: float32([batch, classes], smoothTargets(golden.get('labels').data, classes, 0)),
  });

  // A set may record the features and gradients of some networks only.
  for (const [name, expected] of golden.under('eval_features/')) {
    if (name === 'patch_embed') {
      comparison.absolute('features', 'embedding', actual['features.0'], embedding(expected, weights), 5e-5);
    } else {
      const found = name === 'norm' ? 'norm' : `features.${Number(name.replace('block', '')) + 1}`;
      comparison.absolute('features', name, actual[found], expected, 5e-5);
    }
  }
  for (const phase of ['eval', 'train']) {
    comparison.absolute('logits', phase, actual[`logits_${phase}`], golden.get(`logits_${phase}`), 2e-5);
    comparison.number('loss', phase, Number(actual[`loss_${phase}`].data[0]), golden.number(`loss_${phase}`), 1e-5);
  }

  const named = namedWeights(network, actual, (position, vector) => {
    const prefix = vector === 'parameters' ? `gradient.${position === 'trunk' ? 0 : position + 1}` : `buffers.${position}`;
    return prefix;
  });
  const zero = new ZeroGradients(model.analytically_zero_gradients.map(withoutSlot));
  for (const [officialName, expected] of golden.under('grad/')) {
    const name = withoutSlot(officialName);
    const found = named.get(name) as Tensor;
    assert.deepEqual(found.shape, expected.shape, name);
    const [foundNoise, expectedNoise] = [found, expected].map((gradient) => zero.within(name, gradient));
    const [foundPart, expectedPart] = [found, expected].map((gradient) => zero.outside(name, gradient));
    if (foundNoise && expectedNoise) comparison.absolute('zero gradients', name, foundNoise, expectedNoise, 1e-4);
    if (foundPart && expectedPart) comparison.relativeLength('gradients', name, foundPart, expectedPart, 1e-4);
  }
  for (const [name, expected] of golden.under('after/')) {
    if (name.endsWith('num_batches_tracked')) continue;
    comparison.absolute('statistics', name, named.get(withoutSlot(name)) as Tensor, expected, 1e-6);
  }
}

/** The reference has the patches before the class token and positions are added. */
function embedding(patches: Tensor, weights: ReadonlyMap<string, Tensor>): Tensor {
  // patches: [B, N − 1, D]
  const positions = values(weights.get('pos_embed') as Tensor); // [1, N, D]
  const classToken = values(weights.get('cls_token') as Tensor); // [1, 1, D]
  const [batch, count, dim] = patches.shape;
  const tokens: number[] = [];
  for (let sample = 0; sample < batch; sample++) {
    tokens.push(...classToken);
    tokens.push(...values(patches).subarray(sample * count * dim, (sample + 1) * count * dim));
  }
  return float32(
    [batch, count + 1, dim],
    tokens.map((value, at) => value + positions[at % positions.length]),
  );
}

/** The official names have a candidate slot, always 0: `blocks.<i>.0.…`; DeiT's have not. */
function withoutSlot(name: string): string {
  return name.replace(/^(blocks\.\d+\.)0\.(?=[a-z])/, '$1');
}

function described(block: GlitBlock): string {
  return describeBlock(block);
}

function describedOfficially(heads: number) {
  return ({ v_head_of_3, e_v, e_c, k_size, mlp_ratio }: GlitModel['blocks'][number]): string => {
    const globalHeads = (v_head_of_3 * heads) / 3;
    const localHeads = heads - globalHeads;
    return describeBlock({
      globalHeads,
      localHeads,
      ...(localHeads > 0 && { kernel: k_size, expansion: e_c }),
      ...(globalHeads > 0 && { dkRatio: e_v }),
      ffnRatio: mlp_ratio,
    });
  };
}
