import type { Recipe } from '../../train/loop.js';
import { scaledLearningRate } from '../../train/schedule.js';
import type { RecipeConfig } from '../config.js';

/** A recipe in steps and with the learning rate of its batches, for a training set of `batchesPerEpoch` of them. */
export function recipeFor(config: RecipeConfig, batchesPerEpoch: number): Recipe {
  const { batchSize, learningRate, learningRateImages: meantFor } = config;
  const steps = config.steps ?? Math.max(1, Math.round((config.epochs ?? 0) * batchesPerEpoch));
  return {
    batchSize,
    steps,
    learningRate: meantFor === undefined ? learningRate : scaledLearningRate(learningRate, batchSize, meantFor),
    warmupLearningRate: config.warmupLearningRate,
    minLearningRate: config.minLearningRate,
    warmupSteps: Math.round(steps * config.warmup),
    official: config.official.schedule ? { stepsPerEpoch: batchesPerEpoch } : undefined,
    weightDecay: config.weightDecay,
    clipNorm: config.clipNorm,
    labelSmoothing: config.labelSmoothing,
    dropPath: config.dropPath,
    averageDecay: config.averageDecay,
  };
}
