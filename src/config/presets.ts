import { LOW_LEVEL_DEFAULTS } from '../family/glit/block.js';
import { PAPER_GRID } from '../space/lowLevel.js';
import type { Config } from './config.js';
import { RECIPES } from './recipes/index.js';

const RELEASED_SPACE: Config['space'] = {
  lowLevel: 'released',
  hierarchical: true,
  entangled: false,
  grid: {
    kernels: [...PAPER_GRID.kernels],
    expansions: [...PAPER_GRID.expansions],
    dkRatios: [...PAPER_GRID.dkRatios],
    ffnRatios: [...PAPER_GRID.ffnRatios],
  },
  defaults: { ...LOW_LEVEL_DEFAULTS },
};

/** What searches of small networks share. */
const SMALL_SEARCH: Omit<Config['search'], 'population' | 'generations'> = {
  objectives: ['accuracy'],
  mutationProbability: 0.1,
  nearLimit: 0.15,
  calibrationBatches: 2,
  calibrationBatchSize: 128,
  evaluationBatchSize: 250,
  paths: 'uniform',
  sizedDecay: 0,
  warmStart: true,
  compareRandom: false,
};

/** The whole pipeline in minutes on two cores: the built-in images and a small backbone. */
const demo: Config = {
  seed: 0,
  device: { kind: 'cpu' },
  data: { source: 'warmer-disc', searchVal: 0.2, resampling: 'pillow' },
  model: { imageSize: 32, patchSize: 4, dim: 48, heads: 3, depth: 4 },
  // Both levels at once, with shared weights: in so few steps, separate weights learn too little to rank candidates.
  space: { ...RELEASED_SPACE, hierarchical: false, entangled: true },
  budget: {},
  supernet: { ...RECIPES.demo, steps: 700 },
  search: { ...SMALL_SEARCH, population: 10, generations: 3, scoringImages: 1000 },
  retrain: { top: 1, halving: { contenders: 8, share: 0.05 }, inherited: true, recipe: RECIPES.demo, baselines: true },
};

/** Every stage in seconds, to see that it works: networks learn little. */
const smoke: Config = {
  ...demo,
  model: { imageSize: 32, patchSize: 8, dim: 24, heads: 3, depth: 3 },
  space: RELEASED_SPACE,
  supernet: { ...demo.supernet, steps: 60 },
  search: { ...SMALL_SEARCH, population: 4, generations: 2, calibrationBatches: 1 },
  retrain: {
    ...demo.retrain,
    top: 1,
    halving: { contenders: 2, share: 0.5 },
    inherited: false,
    recipe: { ...RECIPES.demo, steps: 60 },
  },
};

/** Images of about 32 × 32, such as CIFAR-10: under an hour on two cores. */
const cifar: Config = {
  ...demo,
  data: { source: 'cifar10', searchVal: 0.1, resampling: 'pillow' },
  model: { imageSize: 32, patchSize: 4, dim: 48, heads: 3, depth: 6 },
  // Shared weights: every step trains part of every choice, and the last trainings go on from them (docs/search.md).
  space: { ...RELEASED_SPACE, entangled: true },
  supernet: { ...RECIPES.cifar, epochs: 4 },
  search: { ...SMALL_SEARCH, population: 16, generations: 4, calibrationBatches: 4 },
  retrain: {
    top: 2,
    halving: { contenders: 16, share: 1 / 32 },
    inherited: true,
    recipe: RECIPES.cifar,
    baselines: true,
  },
};

/** The paper's settings for ImageNet (GLiT-Tiny), with DeiT's recipe for 300 epochs. */
const paper: Config = {
  seed: 0,
  device: { kind: 'cpu' },
  data: { source: 'imagenet', searchVal: 50_000 / 1_281_167, resampling: 'pillow' },
  model: { imageSize: 224, patchSize: 16, dim: 192, heads: 3, depth: 12 },
  space: RELEASED_SPACE,
  budget: { macs: { max: 1.3e9 } },
  supernet: { ...RECIPES.deit, dropPath: 0, averageDecay: 0, repeatedAugmentation: 1 },
  search: {
    objectives: ['accuracy'],
    population: 50,
    generations: 20,
    mutationProbability: 0.1,
    nearLimit: 1,
    calibrationBatches: 200,
    calibrationBatchSize: 128,
    evaluationBatchSize: 200,
    paths: 'uniform',
    sizedDecay: 0,
    warmStart: true,
    compareRandom: false,
  },
  retrain: { top: 5, inherited: false, recipe: RECIPES.deit, baselines: true },
};

/** Complete configurations to start from, by name. */
export const PRESETS = { demo, smoke, cifar, paper };
export type PresetName = keyof typeof PRESETS;
