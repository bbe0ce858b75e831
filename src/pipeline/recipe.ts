import type { Recipe } from '../train/loop.js';
import type { RecipeConfig } from './config.js';

/** A recipe in steps, for a training set that gives `batchesPerEpoch` batches. */
export function recipeFor({ steps, epochs, warmup, ...rest }: RecipeConfig, batchesPerEpoch: number): Recipe {
  const total = steps ?? Math.max(1, Math.round((epochs ?? 0) * batchesPerEpoch));
  return { ...rest, steps: total, warmupSteps: Math.round(total * warmup) };
}
