import { DEVICE_KINDS, PRECISIONS } from '../runtime/device.js';
import { presetNames } from '../family/families.js';
import { MEASURES, type Measure } from '../measure/measure.js';
import { OBJECTIVES } from '../measure/objectives.js';
import type { Json } from '../telemetry/events.js';
import { parseQuantity } from './quantity.js';

/** An option that sets configuration keys. */
export interface ConfigOption {
  /** Commander's notation: `--dim <channels>`. */
  readonly flags: string;
  readonly description: string;
  readonly keys: readonly string[];
  /** The value, for an option without an argument. */
  readonly value?: Json;
  /** Parses the argument. Default: a number if it is one, else text. */
  readonly read?: (text: string, option: string) => Json;
  /** Keys that would change the option's meaning, and that it therefore resets. */
  readonly clears?: readonly string[];
  /** The long name of an option that sets the same thing in another way. */
  readonly excludes?: string;
  /** Whether it may be given several times; `read` then gets all arguments, separated by commas. */
  readonly repeatable?: boolean;
}

export const dataOption: ConfigOption = {
  flags: '--data <folder>',
  description:
    'images: train/<class> and test/<class>, or <class> alone; or the files of CIFAR, MNIST, WebDataset or Parquet',
  keys: ['data.source'],
  read: (text) => text,
};

export const modelOptions: readonly ConfigOption[] = [
  { flags: '--image-size <pixels>', description: 'side of the square input', keys: ['model.imageSize'] },
  { flags: '--patch-size <pixels>', description: 'side of a patch', keys: ['model.patchSize'] },
  { flags: '--dim <channels>', description: 'width of a token', keys: ['model.dim'] },
  {
    flags: '--heads <count>',
    description: 'heads per block; a multiple of 3, except in the space nlp',
    keys: ['model.heads'],
  },
  { flags: '--depth <count>', description: 'number of blocks', keys: ['model.depth'] },
];

/** The options that bound a measure. */
function budgetOptions(measure: Measure): readonly ConfigOption[] {
  const { key, option, argument, meaning, example } = measure;
  const read = (text: string, source: string): Json => parseQuantity(text, source, measure);
  return [
    {
      flags: `--max-${option} <${argument}>`,
      description: `at most ${meaning}, such as ${example}`,
      keys: [`budget.${key}.max`],
      read,
    },
    {
      flags: `--min-${option} <${argument}>`,
      description: `at least ${meaning}`,
      keys: [`budget.${key}.min`],
      read,
    },
  ];
}

export const spaceOption: ConfigOption = {
  flags: '--space <name>',
  description:
    "released (the code's grid), paper (every combination), nlp (no convolutions) or high (only the split of heads)",
  keys: ['space.lowLevel'],
};

export const searchOptions: readonly ConfigOption[] = [
  {
    flags: '--objective <name>',
    description: `what to search for, once or several times: ${OBJECTIVES.join(', ')}; several give a Pareto front`,
    keys: ['search.objectives'],
    repeatable: true,
    read: listed,
  },
  ...MEASURES.flatMap(budgetOptions),
  {
    flags: '--latency-table <file>',
    description: 'for --max-latency or --objective latency: a table that glit latency measure wrote',
    keys: ['latency.table'],
    read: (text) => text,
  },
  spaceOption,
  {
    flags: '--no-hierarchy',
    description: 'search both levels at once instead of one after the other',
    keys: ['space.hierarchical'],
    value: false,
  },
  {
    flags: '--entangled',
    description: 'let the choices of a block share weights, as slices of the largest',
    keys: ['space.entangled'],
    value: true,
    excludes: 'separate',
  },
  {
    flags: '--separate',
    description: 'give every choice weights of its own, also where the preset does not',
    keys: ['space.entangled'],
    value: false,
    excludes: 'entangled',
  },
  {
    flags: '--supernet-steps <count>',
    description: 'training steps of each supernet',
    keys: ['supernet.steps'],
    excludes: 'supernetEpochs',
  },
  {
    flags: '--supernet-epochs <count>',
    description: 'the same in passes over the images',
    keys: ['supernet.epochs'],
    excludes: 'supernetSteps',
  },
  {
    flags: '--near-limit <share>',
    description: 'keep candidates within this share below the limit (0.15: 85 to 100 % of it); 1 for the whole budget',
    keys: ['search.nearLimit'],
  },
  { flags: '--population <count>', description: 'candidates per generation', keys: ['search.population'] },
  { flags: '--generations <count>', description: 'generations of the evolution', keys: ['search.generations'] },
  {
    flags: '--calibration-batches <count>',
    description: "training batches for a candidate's BatchNorm statistics",
    keys: ['search.calibrationBatches'],
  },
  {
    flags: '--scoring-images <count>',
    description: 'held-out images to score candidates on; all by default',
    keys: ['search.scoringImages'],
  },
  {
    flags: '--compare-random',
    description: 'also score the same number of random candidates',
    keys: ['search.compareRandom'],
    value: true,
  },
];

export const retrainOptions: readonly ConfigOption[] = [
  {
    flags: '--retrain-steps <count>',
    description: 'training steps of each final network',
    keys: ['retrain.recipe.steps'],
    excludes: 'retrainEpochs',
  },
  {
    flags: '--retrain-epochs <count>',
    description: 'the same in passes over the images',
    keys: ['retrain.recipe.epochs'],
    excludes: 'retrainSteps',
  },
  {
    flags: '--top <count>',
    description: 'how many of the best candidates are trained to the end',
    keys: ['retrain.top'],
    excludes: 'retrainFront',
  },
  {
    flags: '--retrain-front <count>',
    description: 'of several objectives: how many networks, spread over the front, are trained to the end',
    keys: ['retrain.front'],
    clears: ['retrain.halving'],
    excludes: 'top',
  },
  {
    flags: '--halving <contenders>',
    description: 'successive halving: train this many of the best briefly, keep the better half, repeat',
    keys: ['retrain.halving.contenders'],
    excludes: 'retrainFront',
  },
  {
    flags: '--inherited',
    description: "start final trainings from the short trainings' weights, or without these from the supernet's",
    keys: ['retrain.inherited'],
    value: true,
    excludes: 'fromScratch',
  },
  {
    flags: '--from-scratch',
    description: 'start the last trainings from scratch, also where the preset does not',
    keys: ['retrain.inherited'],
    value: false,
    excludes: 'inherited',
  },
  {
    flags: '--compare <presets>',
    description: `also train published networks, scaled to the budget: ${presetNames.join(', ')}`,
    keys: ['retrain.compare'],
    read: listed,
  },
  {
    flags: '--no-baselines',
    description: 'skip the DeiT and random search (which takes as long as the search)',
    keys: ['retrain.baselines'],
    value: false,
  },
];

/** Batch size and learning rate of the recipes at keys such as `supernet`. */
export function recipeOptions(...recipes: readonly string[]): readonly ConfigOption[] {
  const keys = (name: string): string[] => recipes.map((recipe) => `${recipe}.${name}`);
  return [
    { flags: '--batch-size <images>', description: 'images per batch', keys: keys('batchSize') },
    { flags: '--accumulate <batches>', description: 'batches per training step', keys: keys('accumulate') },
    {
      flags: '--learning-rate <rate>',
      description: 'the highest learning rate',
      keys: keys('learningRate'),
      clears: keys('learningRateImages'),
    },
  ];
}

const threadsOption: ConfigOption = {
  flags: '--threads <count>',
  description: 'CPU threads (default: all)',
  keys: ['device.threads'],
};

export const deviceOptions: readonly ConfigOption[] = [
  {
    flags: '--device <kind>',
    description: `${DEVICE_KINDS.join(', ')}, or auto for the fastest engine of the CPU`,
    keys: ['device.kind'],
  },
  {
    flags: '--precision <name>',
    description: `${PRECISIONS.join(', or ')} on openvino (default: float32, but with --device auto whichever is faster)`,
    keys: ['device.precision'],
  },
  threadsOption,
];

const enginesOption: ConfigOption = {
  flags: '--engines <count>',
  description: 'how many candidates or networks to work on side by side, sharing the threads (default: by their size)',
  keys: ['device.engines'],
};

const workersOption: ConfigOption = {
  flags: '--workers <count>',
  description: 'threads that read images (default: as many as are useful, at most 8)',
  keys: ['data.workers'],
};

export const machineOptions: readonly ConfigOption[] = [...deviceOptions, enginesOption, workersOption];

/** What is written beside the results. */
export const outputOptions: readonly ConfigOption[] = [
  {
    flags: '--no-tensorboard',
    description: 'write no files for TensorBoard',
    keys: ['tensorboard'],
    value: false,
  },
];

/** Options on which no result depends, so a resumed run may have others. */
export const resumeOptions: readonly ConfigOption[] = [threadsOption, enginesOption, workersOption];

export const seedOption: ConfigOption = {
  flags: '--seed <number>',
  description: 'seed of everything random',
  keys: ['seed'],
};

/** The names in a list such as `resnet50, swin-tiny`. */
function listed(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
