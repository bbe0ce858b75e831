import type { RecipeConfig } from '../config.js';

/**
 * DeiT's recipe for ImageNet (Touvron et al., 2021, table 9), with the gradient clipping of GLiT's released code. Its
 * 1,024 images per step come in batches of 64. DeiT's settings include colour jitter, but its code skips it when
 * RandAugment is on.
 */
export const deit: RecipeConfig = {
  epochs: 300,
  batchSize: 64,
  accumulate: 16,
  optimizer: { name: 'adamw' },
  learningRate: 5e-4,
  learningRateImages: 512,
  warmupLearningRate: 1e-6,
  minLearningRate: 1e-5,
  warmup: 5 / 300,
  weightDecay: 0.05,
  clipNorm: 1,
  labelSmoothing: 0.1,
  dropPath: 0.1,
  averageDecay: 0.99996,
  repeatedAugmentation: 3,
  augmentation: {
    randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    steps: [
      { step: 'horizontalFlip', probability: 0.5 },
      { step: 'randAugment', operations: 2, magnitude: 9, magnitudeStd: 0.5, probability: 0.5 },
    ],
    randomErasing: { probability: 0.25 },
    mixing: { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 },
  },
  official: { schedule: false, repeatedAugmentation: false },
};
