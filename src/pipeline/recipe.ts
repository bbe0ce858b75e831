import type { Recipe } from '../train/loop.js';
import type { RecipeConfig } from './config.js';

/** A recipe in steps and with the rate of its batches, for a training set that gives `batchesPerEpoch` of them. */
export function recipeFor(
  { steps, epochs, warmup, learningRate, learningRateImages, augmentation: _, ...rest }: RecipeConfig,
  batchesPerEpoch: number,
): Recipe {
  const total = steps ?? Math.max(1, Math.round((epochs ?? 0) * batchesPerEpoch));
  const scale = learningRateImages === undefined ? 1 : rest.batchSize / learningRateImages;
  return { ...rest, learningRate: learningRate * scale, steps: total, warmupSteps: Math.round(total * warmup) };
}
