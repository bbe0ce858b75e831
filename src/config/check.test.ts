import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import type { Objective } from '../measure/objectives.js';
import type { Config } from './config.js';
import { checkBatches, checkSearchConfig } from './check.js';
import { PRESETS } from './presets.js';

const model = (fields: Partial<Config['model']>): Config => ({
  ...PRESETS.demo,
  model: { ...PRESETS.demo.model, ...fields },
});
const space = (fields: Partial<Config['space']>): Config => ({
  ...PRESETS.demo,
  space: { ...PRESETS.demo.space, ...fields },
});
const grid = (fields: Partial<Config['space']['grid']>): Config =>
  space({ grid: { ...PRESETS.demo.space.grid, ...fields } });

const objectives = (...more: readonly Objective[]): Config => ({
  ...PRESETS.demo,
  search: { ...PRESETS.demo.search, objectives: ['accuracy', ...more] },
});

describe('the settings of a search', () => {
  test('of every preset fit together', () => {
    for (const preset of Object.values(PRESETS)) checkSearchConfig(preset);
  });

  const unfit: readonly (readonly [config: Config, message: RegExp])[] = [
    [model({ patchSize: 5 }), /model\.imageSize 32 is not a multiple of model\.patchSize 5/],
    [model({ dim: 50 }), /model\.dim 50 is not divisible by model\.heads 3/],
    [model({ heads: 4 }), /model\.heads is 4.*multiple of 3/],
    [grid({ kernels: [3, 3] }), /space\.grid\.kernels has 3 twice/],
    [grid({ kernels: [3, 4] }), /kernel 4 is even/],
    [space({ defaults: { ...PRESETS.demo.space.defaults, kernel: 2 } }), /kernel 2 is even/],
    [grid({ dkRatios: [0.3] }), /d_k ratio 0\.3 of a head/],
    [grid({ ffnRatios: [0.01] }), /FFN ratio 0\.01 of a block/],
    [grid({ expansions: [0.1] }), /expansion 0\.1 of a third of the heads/],
    [
      { ...PRESETS.demo, search: { ...PRESETS.demo.search, crossover: 10, mutation: 10 } },
      /crossover 10 \+ mutation 10/,
    ],
    [
      {
        ...PRESETS.demo,
        supernet: {
          ...PRESETS.demo.supernet,
          augmentation: { steps: [{ step: 'paddedCrop', padding: 40, fill: 'black' }] },
        },
      },
      /padding of paddedCrop is 40/,
    ],
    [
      { ...PRESETS.demo, supernet: { ...PRESETS.demo.supernet, learningRate: 5e-6 } },
      /supernet\.minLearningRate is 0\.00001, above the highest learning rate of 0\.000005/,
    ],
    [
      { ...PRESETS.paper, supernet: { ...PRESETS.paper.supernet, accumulate: 1, batchSize: 8 } },
      /supernet\.minLearningRate is 0\.00001, above the highest learning rate of 0\.00000781/,
    ],
    [
      { ...PRESETS.demo, budget: { macs: { min: 4e5, max: 3e5 } } },
      /^budget\.macs is empty: at least 400\.0 k and at most 300\.0 k; lower --min-macs or raise --max-macs$/,
    ],
    [objectives('latency'), /search\.objectives has latency, which needs a table.*add --latency-table FILE/],
    [{ ...PRESETS.demo, budget: { latency: { max: 1 } } }, /budget\.latency needs a table.*add --latency-table FILE/],
    [
      { ...PRESETS.demo, latency: { table: 'table.json' } },
      /latency\.table is given, .*neither bounded nor an objective/,
    ],
  ];
  for (const [config, message] of unfit) {
    test(`are refused: ${message.source}`, () => {
      assert.throws(
        () => checkSearchConfig(config),
        (error) => error instanceof UserError && message.test(error.message) && !error.message.includes('\n'),
      );
    });
  }

  test('take latency as an objective without a limit on it', () => {
    checkSearchConfig({ ...objectives('latency'), latency: { table: 'table.json' } });
  });

  test('need no thirds and no kernels without local heads', () => {
    checkSearchConfig({ ...model({ dim: 48, heads: 4 }), space: { ...grid({ kernels: [4] }).space, lowLevel: 'nlp' } });
  });
});

describe('batches', () => {
  test('need enough images', () => {
    checkBatches(64, { 'supernet.batchSize': 64 });
    assert.throws(
      () =>
        checkBatches(63, {
          'supernet.batchSize': 64,
          'search.calibrationBatchSize': 64,
          'retrain.recipe.batchSize': 8,
        }),
      /^UserError: supernet\.batchSize is 64 and search\.calibrationBatchSize is 64, but only 63 training images are left; give --batch-size 63 --set search\.calibrationBatchSize=63, or add images$/,
    );
  });
});
