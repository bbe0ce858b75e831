import { z } from 'zod';
import { presetNames } from '../family/families.js';
import { perMeasure } from '../measure/measure.js';
import { DEVICE_KINDS } from '../runtime/device.js';
import { SEARCH_SPACES, type SearchSpaceName } from '../space/searchSpaces.js';

/**
 * Everything that a run depends on, besides the images themselves: one schema for the configuration file, the command
 * line's flags and the copy that is kept with the results. Unknown keys are refused.
 */

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();
const bounds = z.strictObject({ min: positive.exactOptional(), max: positive.exactOptional() });

const interval = z.tuple([positive, positive]);

const augmentStep = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('paddedCrop'),
    padding: z.int().min(0),
    fill: z.enum(['black', 'reflect']),
  }),
  z.strictObject({ step: z.literal('horizontalFlip'), probability: share }),
  z.strictObject({
    step: z.literal('randAugment'),
    operations: count,
    magnitude: z.number().min(0).max(10),
    magnitudeStd: z.number().min(0),
    probability: share,
  }),
  z.strictObject({
    step: z.literal('colorJitter'),
    brightness: z.number().min(0),
    contrast: z.number().min(0),
    saturation: z.number().min(0),
  }),
]);

/** What is done to training images, at random. A part that is left out is not done. */
const augmentation = z.strictObject({
  /** How the original becomes a square of the network's size; left out: as in evaluation. */
  randomResizedCrop: z.strictObject({ scale: interval, ratio: interval }).exactOptional(),
  /** Applied to the square image, in this order. */
  steps: z.array(augmentStep),
  /** Puts noise into a rectangle of the image. */
  randomErasing: z
    .strictObject({ probability: share, area: interval.exactOptional(), ratio: interval.exactOptional() })
    .exactOptional(),
  /** Mixup and CutMix, of whole batches. */
  mixing: z
    .strictObject({
      mixup: z.number().min(0),
      cutmix: z.number().min(0),
      probability: share,
      switchProbability: share,
    })
    .exactOptional(),
});

/** How parameters move along their gradient. */
const optimizer = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adamw') }),
  z.strictObject({ name: z.literal('sgd'), momentum: z.number().min(0).lt(1), nesterov: z.boolean() }),
]);

/** How a network is trained. One of `steps` and `epochs` says how long. */
const recipe = z
  .strictObject({
    /** Optimizer steps. */
    steps: count.exactOptional(),
    epochs: positive.exactOptional(),
    /** Images that are in work at a time; BatchNorm's statistics are theirs. */
    batchSize: count,
    /** Batches whose gradients make one optimizer step. */
    accumulate: count,
    optimizer,
    /** The rate at the top of the schedule. */
    learningRate: positive,
    /** The images of a step that `learningRate` is meant for: it is scaled linearly to those there are. */
    learningRateImages: count.exactOptional(),
    warmupLearningRate: z.number().min(0),
    minLearningRate: z.number().min(0),
    /** Share of the steps that the learning rate rises. */
    warmup: share,
    weightDecay: z.number().min(0),
    /** Greatest norm of the gradient; 0: any. */
    clipNorm: z.number().min(0),
    labelSmoothing: share,
    /** Share of the samples for which the last block's branches are dropped; rising linearly from 0 at the first. */
    dropPath: z.number().min(0).max(0.99),
    /** Decay of the weights' moving average; 0: none is kept. */
    averageDecay: z.number().min(0).max(0.999999),
    /** How often an epoch shows each of its images, augmented anew; it is as long as without, so it shows fewer of them. */
    repeatedAugmentation: count,
    augmentation,
    /** What DeiT's script does and most likely does not mean to do; for comparisons with its results. */
    official: z.strictObject({
      /** The learning rate is set once an epoch and lags one epoch behind. */
      schedule: z.boolean(),
      /** Which images an epoch repeats is drawn anew each time; of fewer than 256 images, none. */
      repeatedAugmentation: z.boolean(),
    }),
  })
  .refine((value) => (value.steps === undefined) !== (value.epochs === undefined), {
    error: 'give either steps or epochs, not both and not neither',
  });

export const configSchema = z.strictObject({
  /** Everything random follows from it. */
  seed: z.int().min(0),
  device: z.strictObject({ kind: z.enum(DEVICE_KINDS), threads: count.exactOptional() }),
  data: z.strictObject({
    /** A folder of images, or the name of a built-in set. */
    source: z.string().min(1),
    /** Share of the training images that candidates are scored on. */
    searchVal: z.number().gt(0).lt(1),
    /**
     * Who resizes random crops of training images: pillow, pixel for pixel as torchvision does it, or libvips, which reads
     * large photographs at half their size or less. Everything else is pillow's.
     */
    resampling: z.enum(['pillow', 'libvips']),
    /** Share of the images that may be unreadable; more stop the run. A hundredth, or a handful, when left out. */
    unreadable: share.exactOptional(),
    /** Worker threads of a loader; chosen by the machine when left out. */
    workers: z.int().min(0).exactOptional(),
  }),
  model: z.strictObject({
    imageSize: count,
    patchSize: count,
    dim: count,
    heads: count,
    depth: count,
  }),
  space: z.strictObject({
    /** What is searched, by the name of its low level; see SEARCH_SPACES. */
    lowLevel: z.enum(Object.keys(SEARCH_SPACES) as SearchSpaceName[]),
    grid: z.strictObject({
      kernels: z.array(count).min(1),
      expansions: z.array(positive).min(1),
      dkRatios: z.array(positive).min(1),
      ffnRatios: z.array(positive).min(1),
    }),
    /** The low level of every block while the high level is searched. */
    defaults: z.strictObject({ kernel: count, expansion: positive, dkRatio: positive, ffnRatio: positive }),
  }),
  /** Bounds on the found architecture; without any, at most the MACs of a DeiT with the same backbone. */
  budget: z.strictObject(perMeasure(() => bounds.exactOptional())),
  supernet: recipe,
  search: z.strictObject({
    population: count,
    generations: count,
    parents: count.exactOptional(),
    crossover: z.int().min(0).exactOptional(),
    mutation: z.int().min(0).exactOptional(),
    mutationProbability: share,
    /**
     * Training batches from which a candidate gets BatchNorm statistics of its own, augmented as for the supernet but not
     * mixed; 0: it keeps the supernet's.
     */
    calibrationBatches: z.int().min(0),
    calibrationBatchSize: count,
    evaluationBatchSize: count,
    /** The low level's supernet starts from the weights of the high level's winner, wherever shapes agree. */
    warmStart: z.boolean(),
    /** Also score as many random candidates, to compare. */
    compareRandom: z.boolean(),
  }),
  retrain: z.strictObject({
    /** How many of the best candidates are trained from scratch. */
    top: count,
    recipe,
    /** Also train a DeiT and a random candidate by the same recipe. */
    baselines: z.boolean(),
    /** Also train these published networks, each as wide as the budget allows: names of presets. */
    compare: z.array(z.enum(presetNames)).exactOptional(),
  }),
});

/** A complete configuration. */
export type Config = z.infer<typeof configSchema>;
export type RecipeConfig = Config['supernet'];
