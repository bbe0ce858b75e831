import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import { firstDifference } from './settings.js';

test('two configurations differ in a key, but not in the seed or the machine', () => {
  const { cifar } = PRESETS;
  const elsewhere = { ...cifar, seed: 9, device: { kind: 'webgpu' }, data: { ...cifar.data, workers: 3 } };
  assert.equal(firstDifference(cifar, elsewhere), undefined);
  assert.equal(firstDifference(cifar, { ...cifar, model: { ...cifar.model, depth: 7 } }), 'model.depth');
  const { halving: _, ...plain } = cifar.retrain;
  for (const [one, other] of [
    [cifar, { ...cifar, retrain: plain }],
    [{ ...cifar, retrain: plain }, cifar],
  ])
    assert.equal(firstDifference(one, other), 'retrain.halving');
  const kernels = [3, ...cifar.space.grid.kernels];
  const grid = { ...cifar.space.grid, kernels };
  assert.equal(firstDifference(cifar, { ...cifar, space: { ...cifar.space, grid } }), 'space.grid.kernels');
});
