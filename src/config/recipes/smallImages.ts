import type { RecipeConfig } from '../config.js';

/** Settings shared by the recipes for images of about 32 × 32. */
export const smallImages = {
  batchSize: 64,
  accumulate: 1,
  optimizer: { name: 'adamw' },
  learningRate: 2e-3,
  warmupLearningRate: 1e-6,
  minLearningRate: 1e-5,
  warmup: 0.1,
  weightDecay: 0.05,
  clipNorm: 1,
  labelSmoothing: 0.1,
  dropPath: 0,
  averageDecay: 0,
  repeatedAugmentation: 1,
  official: { schedule: false, repeatedAugmentation: false },
} satisfies Partial<RecipeConfig>;
