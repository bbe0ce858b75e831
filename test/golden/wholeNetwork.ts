import assert from 'node:assert/strict';
import { constant, input, vjp, type Value } from '../../src/graph/index.js';
import { forward, groupsOf, type Network } from '../../src/model/network.js';
import { readStateDict } from '../../src/model/stateDict.js';
import { evaluationPhases, fedGroup, trainingPhases } from '../../src/program/sources.js';
import { float32, type Tensor } from '../../src/tensor/tensor.js';
import { crossEntropy, smoothTargets } from '../../src/train/loss.js';
import { evaluate } from '../support/evaluate.js';
import type { Comparison } from './comparison.js';
import type { GoldenTensors } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';

/** A state without BatchNorm's counters of batches, which nothing reads and the references keep as vectors. */
export function withoutCounters(state: Iterable<readonly [string, Tensor]>): Map<string, Tensor> {
  return new Map([...state].filter(([name]) => !name.endsWith('num_batches_tracked')));
}

/**
 * Compares a plain network with a file of `baselines/`: logits in evaluation and in training, the loss, every gradient, and
 * the running statistics after the step. `official` gives tensors the reference's names.
 */
export async function compareWholeNetwork(
  network: Network,
  golden: GoldenTensors,
  official: (state: Map<string, Tensor>) => ReadonlyMap<string, Tensor>,
  comparison: Comparison,
): Promise<void> {
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
  const withBuffers = groups.map(({ buffers }) => buffers.length > 0);
  gradients.forEach((gradient, at) => (outputs[`gradient.${at}`] = gradient as Value));
  [trained.trunkBuffers, ...trained.buffers].forEach((value, at) => {
    if (withBuffers[at]) outputs[`buffers.${at}`] = value as Value;
  });
  const [batch, classes] = targets.shape;
  const state = withoutCounters(golden.under('state/'));
  const actual = await evaluate(outputs, {
    ...flatWeights(network, readStateDict(network, state, 'the reference state')),
    images: golden.get('images'),
    targets: float32([batch, classes], smoothTargets(golden.get('labels').data, classes, 0)),
  });

  for (const phase of ['eval', 'train']) {
    comparison.absolute('logits', phase, actual[`logits_${phase}`], golden.get(`logits_${phase}`), 2e-5);
  }
  comparison.number('loss', 'training', Number(actual['loss'].data[0]), golden.number('loss'), 1e-5);
  const named = official(
    namedWeights(network, actual, (position, vector) => {
      return `${vector === 'parameters' ? 'gradient' : 'buffers'}.${position === 'trunk' ? 0 : position + 1}`;
    }),
  );
  const expectedGradients = golden.under('grad/');
  assert.equal(expectedGradients.size, groups.flatMap(({ parameters }) => parameters).length);
  for (const [name, expected] of expectedGradients) {
    comparison.relativeLength('gradients', name, named.get(name) as Tensor, expected, 1e-4);
  }
  const statistics = withoutCounters(golden.under('after/'));
  assert.equal(statistics.size, groups.flatMap(({ buffers }) => buffers).length);
  for (const [name, expected] of statistics) {
    // Variances of a few values up to 3: some units in the last place of either side.
    comparison.absolute('statistics', name, named.get(name) as Tensor, expected, 1e-6);
  }
}
