import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecipeConfig } from '../config/config.js';
import { RECIPES } from '../config/recipes/index.js';
import { recipeFor } from '../config/recipes/inSteps.js';
import type { TrainingRecipe } from '../telemetry/events.js';
import { describeRecipe } from './recipeWording.js';

/** The description of a training with this recipe. */
function recipeOf(config: RecipeConfig, batchesPerEpoch: number): TrainingRecipe {
  const { learningRate, warmupSteps } = recipeFor(config, batchesPerEpoch);
  return { config, learningRate, warmupSteps };
}

test('a recipe in words names what is on', () => {
  const words = describeRecipe(recipeOf(RECIPES.cifar, 100));
  assert.equal(
    words,
    'batches of 64, AdamW at 0.002, cosine to 0.00001 after 60 steps of warm-up, weight decay 0.05, ' +
      'gradient clipped at 1, label smoothing 0.1, crops padded by 4, flips 0.5',
  );
});

test('a recipe in words omits what is off', () => {
  const bare = { ...RECIPES.demo, weightDecay: 0, clipNorm: 0, labelSmoothing: 0, augmentation: { steps: [] } };
  assert.equal(
    describeRecipe(recipeOf(bare, 100)),
    'batches of 32, AdamW at 0.003, cosine to 0.00001 after 40 steps of warm-up',
  );
});

test("DeiT's recipe in words has every part of it", () => {
  const words = describeRecipe(recipeOf(RECIPES.deit, 20_000));
  assert.equal(
    words,
    'batches of 64, 16 per step, AdamW at 0.001, cosine to 0.00001 after 6250 steps of warm-up, weight decay 0.05, ' +
      'gradient clipped at 1, label smoothing 0.1, drop path up to 0.1, moving average 0.99996, ' +
      'images 3 times per epoch, random crops of 8 to 100 %, flips 0.5, RandAugment 2 × 0.5 at 9 ± 0.5, erasing 0.25, ' +
      'mixup 0.8, CutMix 1',
  );
});
