import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import type { Json } from '../telemetry/events.js';
import { configFrom, CONFIG_KEYS, formatConfig, layerOf, parseConfig, type Layer } from './layers.js';
import { PRESETS } from './presets.js';

const preset: Layer = { source: 'preset demo', values: PRESETS.demo };

describe('a configuration from layers', () => {
  test('takes every key from the last layer that has it', () => {
    const file: Layer = { source: 'a.yaml', values: { seed: 5, search: { population: 7, generations: 2 } } };
    const config = configFrom([preset, file, layerOf('--population', 'search.population', 9)]);
    assert.deepEqual([config.seed, config.search.population, config.search.generations], [5, 9, 2]);
    assert.deepEqual(config.model, PRESETS.demo.model);
    assert.equal(PRESETS.demo.seed, 0);
  });

  test('has a list from one layer, not entries of several', () => {
    const config = configFrom([preset, layerOf('--set', 'space.grid.kernels', [3])]);
    assert.deepEqual(config.space.grid.kernels, [3]);
  });

  test('lets steps of one layer replace epochs of another, and refuses both of one', () => {
    const inEpochs = configFrom([preset, layerOf('--supernet-epochs', 'supernet.epochs', 3)]);
    assert.deepEqual([inEpochs.supernet.epochs, inEpochs.supernet.steps], [3, undefined]);
    const back = layerOf('--set', 'supernet.steps', 4);
    assert.equal(configFrom([preset, layerOf('a.yaml', 'supernet.epochs', 3), back]).supernet.epochs, undefined);
    const both = layerOf('a.yaml', 'supernet', { steps: 1, epochs: 1 });
    assert.throws(() => configFrom([preset, both]), /a\.yaml: supernet: give either steps or epochs/);
  });

  test('keeps steps where epochs, which it has not, are removed', () => {
    const none = layerOf('--set', 'supernet.epochs', null);
    assert.equal(configFrom([preset, layerOf('a.yaml', 'supernet.steps', 5), none]).supernet.steps, 5);
  });

  test('takes another optimizer whole, and a setting of the same one by itself', () => {
    const sgd = layerOf('a.yaml', 'supernet.optimizer', { name: 'sgd', momentum: 0.9, nesterov: true });
    const back = layerOf('--set', 'supernet.optimizer', { name: 'adamw' });
    assert.deepEqual(configFrom([preset, sgd, back]).supernet.optimizer, { name: 'adamw' });
    const less = layerOf('--set', 'supernet.optimizer.momentum', 0.5);
    assert.deepEqual(configFrom([preset, sgd, less]).supernet.optimizer, {
      name: 'sgd',
      momentum: 0.5,
      nesterov: true,
    });
  });

  test('replaces a group as a whole where a layer says so', () => {
    const recipe = PRESETS.paper.retrain.recipe;
    const layer: Layer = { source: '--recipe', values: { retrain: { recipe } }, replaces: ['retrain.recipe'] };
    const config = configFrom([{ source: 'config.yaml', values: PRESETS.demo }, layer]);
    assert.deepEqual(config, { ...PRESETS.demo, retrain: { ...PRESETS.demo.retrain, recipe } });
  });

  test('survives being written and read, and every preset is complete', () => {
    for (const config of Object.values(PRESETS))
      assert.deepEqual(parseConfig(formatConfig(config), 'config.yaml'), config);
  });

  test('of which one is whole has nothing from those before it', () => {
    for (const config of Object.values(PRESETS)) {
      const file: Layer = { source: 'config.yaml', values: config };
      for (const values of Object.values(PRESETS))
        assert.deepEqual(configFrom([{ source: 'preset', values }, file]), config);
      assert.deepEqual(configFrom([preset, file, layerOf('--seed', 'seed', 9)]), { ...config, seed: 9 });
    }
  });

  test('removes optional values with null, and nothing else', () => {
    const crop = layerOf('a.yaml', 'supernet.augmentation.randomResizedCrop', { scale: [0.5, 1], ratio: [1, 1] });
    const none = layerOf('--set', 'supernet.augmentation.randomResizedCrop', null);
    assert.deepEqual(configFrom([preset, crop, none]).supernet, configFrom([preset]).supernet);
    assert.throws(() => configFrom([preset, layerOf('--set', 'seed', null)]), /seed is missing; it must be a number/);
    assert.throws(() => configFrom([preset, layerOf('--set', 'model', null)]), /--set: model is null; it has the keys/);
  });

  test('prints nothing where YAML is only doubtful', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    assert.throws(() => parseConfig('{ &search: { [a]: 1 }, b: 1 }', 'doubtful.yaml'), UserError);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    assert.deepEqual(warnings, []);
  });

  const refused: readonly (readonly [key: string, value: Json, message: string])[] = [
    ['search.popluation', 3, 'there is no key search.popluation; did you mean search.population?'],
    ['population', 3, 'there is no key population; did you mean search.population?'],
    ['budget.macs.maximum', 3, 'there is no key budget.macs.maximum; did you mean budget.macs.max?'],
    ['toString', 3, 'there is no key toString;'],
    ['__proto__', { seed: 3 }, 'there is no key __proto__;'],
    ['search.population', '3', 'search.population is "3"; it must be a number'],
    ['preset', 'paper', 'there is no key preset; give --preset "paper" beside the file'],
    ['retrain.recipe', 'deit', 'retrain.recipe is "deit"; name a recipe with --recipe'],
    ['retrain.recipe.optimizer', { name: 'lion' }, 'retrain.recipe.optimizer.name is "lion"; it must be adamw or sgd'],
    ['search.population', 0, 'search.population is 0; it must be at least 1'],
    ['search.population', 1.5, 'search.population is 1.5; it must be a whole number'],
    ['search.compareRandom', 'yes', 'search.compareRandom is "yes"; it must be true or false'],
    ['data.searchVal', 1, 'data.searchVal is 1; it must be below 1'],
    ['data.source', '', 'data.source is ""; it must have 1 or more characters'],
    ['device.kind', 'gpu', 'device.kind is "gpu"; it must be cpu or webgpu or openvino or auto'],
    [
      'device.precision',
      'bfloat16',
      'device.precision: only the device openvino computes in bfloat16; use --device openvino',
    ],
    ['space.grid.kernels', [], 'space.grid.kernels is []; it must have 1 or more entries'],
    ['space.grid.kernels', [3, 'a'], 'space.grid.kernels.1 is "a"; it must be a number'],
    ['model', 3, 'model is 3; it has the keys imageSize, patchSize, dim, heads, depth'],
    [
      'supernet.augmentation.steps',
      [{ step: 'blur' }],
      'supernet.augmentation.steps.0.step is "blur"; it must be paddedCrop or horizontalFlip or randAugment or colorJitter',
    ],
    [
      'supernet.augmentation.steps',
      [{ step: 'horizontalFlip' }],
      'supernet.augmentation.steps.0.probability is missing; it must be a number',
    ],
    [
      'supernet.augmentation.steps',
      [{ step: 'horizontalFlip', probability: 1, share: 1 }],
      'supernet.augmentation.steps.0 is {"step":"horizontalFlip","probability":1,"share":1}; it has no key share',
    ],
  ];
  for (const [key, value, message] of refused) {
    test(`refuses ${key} = ${JSON.stringify(value)}, naming the layer`, () => {
      assert.throws(
        () => configFrom([preset, layerOf('mine.yaml', key, value), layerOf('--seed', 'seed', 1)]),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.ok(error.message.startsWith(`mine.yaml: ${message}`), error.message);
          assert.ok(!error.message.includes('\n'));
          return true;
        },
      );
    });
  }

  test('refuses a key with dots, and says how to write it', () => {
    assert.throws(
      () => configFrom([preset, { source: 'mine.yaml', values: { 'search.population': 5 } }]),
      /^UserError: mine\.yaml: search\.population is written with dots; nest it, \{ search: \{ population: … \} \}, or give --set search\.population=…$/,
    );
  });

  test('says which key is missing in an incomplete one', () => {
    assert.throws(
      () => parseConfig('seed: 3', 'mine.yaml'),
      /mine\.yaml: device is missing; it must be a group of keys/,
    );
    assert.throws(
      () => parseConfig('[1, 2]', 'mine.yaml'),
      /mine\.yaml: the configuration is \[1,2\]; it has the keys seed/,
    );
    assert.throws(() => parseConfig('a: [', 'mine.yaml'), /mine\.yaml is neither YAML nor JSON: /);
    assert.throws(() => parseConfig('', 'mine.yaml'), UserError);
  });

  test('knows its keys', () => {
    for (const key of ['seed', 'model.dim', 'budget.macs.max', 'retrain.recipe.steps'])
      assert.ok(CONFIG_KEYS.includes(key), key);
  });
});
