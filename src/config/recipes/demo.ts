import type { RecipeConfig } from '../config.js';
import { smallImages } from './smallImages.js';

/** Half a minute on one core, for the built-in images. */
export const demo: RecipeConfig = {
  ...smallImages,
  steps: 400,
  batchSize: 32,
  learningRate: 3e-3,
  augmentation: { steps: [{ step: 'horizontalFlip', probability: 0.5 }] },
};
