import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { show } from '../errors.js';
import { presetNames } from '../family/families.js';
import { perMeasure } from '../measure/measure.js';
import { OBJECTIVES, type Objective } from '../measure/objectives.js';
import { DEVICE_KINDS, PRECISIONS, precisionsOf } from '../runtime/device.js';
import { SEARCH_SPACES, type SearchSpaceName } from '../space/searchSpaces.js';

/**
 * Everything that a run depends on, except the images: one schema for the configuration file, the command line's flags
 * and the copy saved with the results. Unknown keys are rejected.
 */

/** More threads than any machine of today has, and few enough to start them by mistake. */
export const MOST_THREADS = 1024;
/** A generation is held in memory. */
const MOST_CANDIDATES = 1_000_000_000;

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const positive = z.number().positive();
const bounds = z.strictObject({ min: positive.exactOptional(), max: positive.exactOptional() });

const objective = z.custom<Objective>((value) => OBJECTIVES.some((each) => each === value), {
  error: ({ input }) =>
    typeof input === 'string'
      ? `there is no objective ${show(input)}; did you mean ${closest(input.slice(0, 100), [...OBJECTIVES])}?`
      : `${show(input)} is not an objective; use some of ${OBJECTIVES.join(', ')}`,
});

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

/** Random augmentation of training images. Omitted parts are off. */
const augmentation = z.strictObject({
  /** How the original becomes a square of the network's size. Default: as in evaluation. */
  randomResizedCrop: z.strictObject({ scale: interval, ratio: interval }).exactOptional(),
  /** Applied to the square image, in this order. */
  steps: z.array(augmentStep),
  /** Fills a rectangle of the image with noise. */
  randomErasing: z
    .strictObject({ probability: share, area: interval.exactOptional(), ratio: interval.exactOptional() })
    .exactOptional(),
  /** Mixup and CutMix of whole batches. */
  mixing: z
    .strictObject({
      mixup: z.number().min(0),
      cutmix: z.number().min(0),
      probability: share,
      switchProbability: share,
    })
    .exactOptional(),
});

/** The optimizer. */
const optimizer = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adamw') }),
  z.strictObject({ name: z.literal('sgd'), momentum: z.number().min(0).lt(1), nesterov: z.boolean() }),
]);

/** How a network is trained. Either `steps` or `epochs` gives the length. */
const recipe = z
  .strictObject({
    /** Optimizer steps. */
    steps: count.exactOptional(),
    epochs: positive.exactOptional(),
    /** Images per batch; BatchNorm takes its statistics over them. */
    batchSize: count,
    /** Batches per optimizer step (gradient accumulation), over all ranks. */
    accumulate: count,
    optimizer,
    /** The peak of the schedule. */
    learningRate: positive,
    /** The images per step that `learningRate` is meant for; it is scaled linearly to the actual number. */
    learningRateImages: count.exactOptional(),
    warmupLearningRate: z.number().min(0),
    minLearningRate: z.number().min(0),
    /** Share of the steps spent on warm-up. */
    warmup: share,
    weightDecay: z.number().min(0),
    /** Gradient clipping: the largest norm; 0 turns it off. */
    clipNorm: z.number().min(0),
    /**
     * How often a training whose loss is no longer finite goes back a twentieth of its steps, and on with half the
     * learning rate, before it ends with an error. Default: 3.
     */
    rollbacks: z.int().min(0).exactOptional(),
    labelSmoothing: share,
    /** Drop-path rate of the last block; it rises linearly from 0 at the first. */
    dropPath: z.number().min(0).max(0.99),
    /** Decay of the moving average of the weights; 0 turns it off. */
    averageDecay: z.number().min(0).max(0.999999),
    /**
     * Repeated augmentation: how often an epoch shows each of its images. The epoch keeps its length, so it covers
     * fewer images.
     */
    repeatedAugmentation: count,
    augmentation,
    /** Two probable bugs in DeiT's script, for comparison with its results. */
    official: z.strictObject({
      /** The learning rate is updated once per epoch, and one epoch late. */
      schedule: z.boolean(),
      /**
       * Each epoch draws its images again, so some are missed for long; with fewer than 256 images, an epoch is empty.
       */
      repeatedAugmentation: z.boolean(),
    }),
  })
  .refine((value) => (value.steps === undefined) !== (value.epochs === undefined), {
    error: 'give either steps or epochs, not both and not neither',
  });

export const configSchema = z.strictObject({
  /** Seeds everything random. */
  seed: z.int().min(0),
  /** Whether to write trainings for TensorBoard too. Default: true. */
  tensorboard: z.boolean().exactOptional(),
  device: z
    .strictObject({
      /** `auto` stands for the fastest engine; a run writes down which that was. */
      kind: z.enum([...DEVICE_KINDS, 'auto']),
      /** Default: all of the machine. */
      threads: count.max(MOST_THREADS).exactOptional(),
      /** Engines that share out the threads for independent work. Default: by the size of the networks. */
      engines: count.max(MOST_THREADS).exactOptional(),
      /** What products are computed in. Default: float32 or, while the kind is `auto`, that of the fastest engine. */
      precision: z.enum(PRECISIONS).exactOptional(),
    })
    .refine(({ kind, precision = 'float32' }) => kind === 'auto' || precisionsOf(kind).includes(precision), {
      path: ['precision'],
      error: 'only the device openvino computes in bfloat16; use --device openvino, or leave the precision out',
    }),
  data: z.strictObject({
    /** A folder of images, or the name of a built-in set. */
    source: z.string().min(1),
    /** Share of the training images held out to score candidates. */
    searchVal: z.number().gt(0).lt(1),
    /**
     * How random crops of training images are resized: `pillow` matches torchvision pixel for pixel; `libvips` decodes
     * large photographs at half size or less, which is faster. Everything else uses pillow.
     */
    resampling: z.enum(['pillow', 'libvips']),
    /** Share of the images that may be unreadable before the run stops. Default: a hundredth, or a handful. */
    unreadable: share.exactOptional(),
    /** Worker threads per loader. Default: depends on the machine. */
    workers: z.int().min(0).max(MOST_THREADS).exactOptional(),
  }),
  model: z.strictObject({
    imageSize: count,
    patchSize: count,
    dim: count,
    heads: count,
    depth: count,
  }),
  space: z.strictObject({
    /** The search space, named by its low level; see SEARCH_SPACES. */
    lowLevel: z.enum(Object.keys(SEARCH_SPACES) as SearchSpaceName[]),
    /** Search the levels one after another; otherwise their joint space. */
    hierarchical: z.boolean(),
    /** Weight entanglement: the choices of a block are slices of the largest; otherwise each has its own weights. */
    entangled: z.boolean(),
    grid: z.strictObject({
      kernels: z.array(count).min(1),
      expansions: z.array(positive).min(1),
      dkRatios: z.array(positive).min(1),
      ffnRatios: z.array(positive).min(1),
    }),
    /** The low level of every block while the high level is searched. */
    defaults: z.strictObject({ kernel: count, expansion: positive, dkRatio: positive, ffnRatio: positive }),
  }),
  /** Bounds on the found architecture. Default: at most the MACs of a DeiT with the same backbone. */
  budget: z.strictObject(perMeasure(() => bounds.exactOptional())),
  /** Where latencies come from; needed exactly when latency is bounded or an objective. */
  latency: z
    .strictObject({
      /** A file written by `glit latency measure`. */
      table: z.string().min(1),
    })
    .exactOptional(),
  supernet: recipe,
  search: z.strictObject({
    /**
     * What is searched for: `accuracy`, the more the better, and measures, the less the better. With more than one, NSGA-II
     * searches a Pareto front.
     */
    objectives: z.array(objective).min(1),
    population: count.max(MOST_CANDIDATES),
    generations: count,
    parents: count.exactOptional(),
    crossover: z.int().min(0).exactOptional(),
    mutation: z.int().min(0).exactOptional(),
    mutationProbability: share,
    /** Candidates take at least the limit less this share of it; 1 draws from the whole budget, as the paper does. */
    nearLimit: z.number().gt(0).max(1),
    /**
     * Training batches to recompute each candidate's BatchNorm statistics from, augmented as for the supernet but neither
     * mixed nor erased in part; 0 keeps the supernet's statistics.
     */
    calibrationBatches: z.int().min(0),
    calibrationBatchSize: count,
    evaluationBatchSize: count,
    /** Held-out images that candidates are scored on, drawn at random; all by default. */
    scoringImages: count.exactOptional(),
    /**
     * The paths that the supernet's steps train: `uniform` draws genes one by one, `fair` trains each choice of a block once
     * in every K steps, `spread` also reaches networks that are alike in all blocks.
     */
    paths: z.enum(['uniform', 'fair', 'spread']),
    /**
     * How much later the supernet's learning rate falls for large paths than for small ones: its fall is raised to the
     * power of 2^-value for the largest path, 2^value for the smallest. 0: the same for all.
     */
    sizedDecay: z.number().min(0).max(4),
    /** Start the low level's supernet from the weights of the high level's winner, wherever shapes agree. */
    warmStart: z.boolean(),
    /** Also score the same number of random candidates, for comparison. */
    compareRandom: z.boolean(),
  }),
  retrain: z.strictObject({
    /** Number of networks to train to the end; the best on held-out images is the found one. */
    top: count,
    /**
     * Successive halving before: the best `contenders` candidates are trained from inherited weights, for `share` of the
     * recipe's steps at first and twice as long in every further round, and the better half goes on until `top` are left.
     */
    halving: z
      .strictObject({
        contenders: z.int().min(2),
        share: z
          .number()
          .gt(0)
          .max(1)
          .default(1 / 32),
      })
      .exactOptional(),
    /** With several objectives: train this many networks, spread over the front, instead of the best candidates. */
    front: count.exactOptional(),
    /** Start the last trainings from the weights so far rather than from scratch. */
    inherited: z.boolean(),
    recipe,
    /** Also train a DeiT at the limit and spend the search's processor time on random candidates, by the same recipe. */
    baselines: z.boolean(),
    /** Random candidates to begin with. Default: as many as the search's processor time is enough for. */
    randomCandidates: count.exactOptional(),
    /** With `halving`: share of the recipe's steps in their first round. Default: its, or more to spend all of that time. */
    randomShare: z.number().gt(0).max(1).exactOptional(),
    /** Also train these published networks, each as wide as the budget allows; names of presets. */
    compare: z.array(z.enum(presetNames)).exactOptional(),
  }),
});

/** A complete configuration. */
export type Config = z.infer<typeof configSchema>;
export type RecipeConfig = Config['supernet'];
