import type { RecipeConfig } from '../config.js';
import { smallImages } from './smallImages.js';

/** A few epochs over some ten thousand images of about 32 × 32: too short for strong regularisation to pay off. */
export const cifar: RecipeConfig = {
  ...smallImages,
  epochs: 6,
  augmentation: {
    steps: [
      { step: 'paddedCrop', padding: 4, fill: 'black' },
      { step: 'horizontalFlip', probability: 0.5 },
    ],
  },
};
