import { warmerDisc, WARMER_DISC } from '../../src/dataset/warmerDisc.js';
import type { Dataset } from '../../src/dataset/dataset.js';
import { plainNetwork, supernet, type Network, type SupernetOptions } from '../../src/model/network.js';
import { seeded } from '../../src/random/rng.js';
import { glitArchitecture, type GlitArchitecture } from '../../src/family/glit/architecture.js';
import type { GlitBackbone } from '../../src/family/glit/backbone.js';
import { block } from '../../src/family/glit/block.js';
import { highLevelSpace } from '../../src/space/highLevel.js';
import type { Recipe } from '../../src/train/loop.js';
import { adamw } from '../../src/train/optimizers/adamw.js';

/** The smallest backbone that has everything: 17 tokens, three heads, all kinds of blocks. */
export const TINY_BACKBONE: GlitBackbone = { imageSize: 32, patchSize: 8, dim: 12, heads: 3, classes: 10 };

/** A convolutional, a mixed and an attention block. */
export const TINY_ARCHITECTURE: GlitArchitecture = glitArchitecture({
  name: 'tiny',
  backbone: TINY_BACKBONE,
  blocks: [
    block({ globalHeads: 0, localHeads: 3, kernel: 5 }),
    block({ globalHeads: 1, localHeads: 2, kernel: 3 }),
    block({ globalHeads: 3, localHeads: 0 }),
  ],
});

export function tinyNetwork(): Network {
  return plainNetwork(TINY_ARCHITECTURE);
}

export function tinySupernet(options: SupernetOptions = {}): Network {
  return supernet(TINY_BACKBONE, highLevelSpace({ depth: 2, heads: 3, defaults: { kernel: 5 } }), options);
}

export function tinyDataset(): Dataset {
  return warmerDisc(seeded('tiny'), { ...WARMER_DISC, trainImages: 60, testImages: 50 });
}

/** A recipe with every part on. */
export const TINY_RECIPE: Recipe = {
  steps: 6,
  batchSize: 8,
  learningRate: 1e-3,
  warmupLearningRate: 1e-6,
  minLearningRate: 1e-5,
  warmupSteps: 2,
  optimizer: adamw(),
  weightDecay: 0.05,
  clipNorm: 1,
  labelSmoothing: 0.1,
  dropPath: 0.2,
  averageDecay: 0,
};
