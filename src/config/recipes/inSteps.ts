import type { Recipe } from '../../train/loop.js';
import { scaledLearningRate } from '../../train/schedule.js';
import { adamw } from '../../train/optimizers/adamw.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import { sgd } from '../../train/optimizers/sgd.js';
import type { RecipeConfig } from '../config.js';

/** How often a training goes back, unless its recipe says otherwise. */
const ROLLBACKS = 3;

/** A recipe in optimizer steps, with its final learning rate, for a training set of `batchesPerEpoch` batches. */
export function recipeFor(config: RecipeConfig, batchesPerEpoch: number): Recipe {
  const { batchSize, accumulate } = config;
  const stepsPerEpoch = batchesPerEpoch / accumulate;
  const steps = config.steps ?? Math.max(1, Math.round((config.epochs ?? 0) * stepsPerEpoch));
  return {
    batchSize,
    accumulate,
    optimizer: optimizerOf(config),
    steps,
    learningRate: highestRate(config),
    warmupLearningRate: config.warmupLearningRate,
    minLearningRate: config.minLearningRate,
    warmupSteps: Math.round(steps * config.warmup),
    official: config.official.schedule ? { stepsPerEpoch } : undefined,
    weightDecay: config.weightDecay,
    clipNorm: config.clipNorm,
    labelSmoothing: config.labelSmoothing,
    dropPath: config.dropPath,
    averageDecay: config.averageDecay,
    rollbacks: config.rollbacks ?? ROLLBACKS,
  };
}

function optimizerOf({ optimizer }: RecipeConfig): Optimizer {
  return optimizer.name === 'sgd' ? sgd(optimizer) : adamw();
}

/** The peak learning rate, scaled to the images per step if the recipe asks for it. */
export function highestRate({ batchSize, accumulate, learningRate, learningRateImages }: RecipeConfig): number {
  if (learningRateImages === undefined) return learningRate;
  return scaledLearningRate(learningRate, batchSize * accumulate, learningRateImages);
}
