import { z } from 'zod';

/**
 * Everything that a run depends on, besides the images themselves: one schema for the configuration file, the command
 * line's flags and the copy that is kept with the results. Unknown keys are refused.
 */

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();
const bounds = z.strictObject({ min: positive.exactOptional(), max: positive.exactOptional() });

const augmentStep = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('paddedCrop'),
    padding: z.int().min(0),
    fill: z.enum(['black', 'reflect']),
  }),
  z.strictObject({ step: z.literal('horizontalFlip'), probability: share }),
]);

/** What is done to training images, at random. */
const augmentation = z.strictObject({
  randomResizedCrop: z
    .strictObject({ scale: z.tuple([positive, positive]), ratio: z.tuple([positive, positive]) })
    .exactOptional(),
  steps: z.array(augmentStep),
});

/** How a network is trained. One of `steps` and `epochs` says how long. */
const recipe = z
  .strictObject({
    steps: count.exactOptional(),
    epochs: positive.exactOptional(),
    batchSize: count,
    learningRate: positive,
    warmupLearningRate: z.number().min(0),
    minLearningRate: z.number().min(0),
    /** Share of the steps that the learning rate rises. */
    warmup: share,
    weightDecay: z.number().min(0),
    clipNorm: z.number().min(0),
    labelSmoothing: share,
    dropPath: z.number().min(0).max(0.99),
    averageDecay: z.number().min(0).max(0.999999),
  })
  .refine((value) => (value.steps === undefined) !== (value.epochs === undefined), {
    error: 'give either steps or epochs, not both and not neither',
  });

export const configSchema = z.strictObject({
  /** Everything random follows from it. */
  seed: z.int().min(0),
  device: z.strictObject({ kind: z.enum(['cpu', 'webgpu']), threads: count.exactOptional() }),
  data: z.strictObject({
    /** A folder of images, or the name of a built-in set. */
    source: z.string().min(1),
    /** Share of the training images that candidates are scored on. */
    searchVal: z.number().gt(0).lt(1),
    /** Worker threads of a loader; chosen by the machine when left out. */
    workers: z.int().min(0).exactOptional(),
    augmentation,
  }),
  model: z.strictObject({
    imageSize: count,
    patchSize: count,
    dim: count,
    heads: count,
    depth: count,
  }),
  space: z.strictObject({
    /** The low level: the released code's grid, every combination, or no locality at all (then there is no high level). */
    lowLevel: z.enum(['released', 'paper', 'nlp']),
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
  budget: z.strictObject({ macs: bounds.exactOptional(), parameters: bounds.exactOptional() }),
  supernet: recipe,
  search: z.strictObject({
    population: count,
    generations: count,
    parents: count.exactOptional(),
    crossover: z.int().min(0).exactOptional(),
    mutation: z.int().min(0).exactOptional(),
    mutationProbability: share,
    /** Training batches from which a candidate gets BatchNorm statistics of its own; 0: it keeps the supernet's. */
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
  }),
});

/** A complete configuration. */
export type Config = z.infer<typeof configSchema>;
export type RecipeConfig = Config['supernet'];
