import { stopIfAborted, UserError } from '../errors.js';
import { pixelImages, type Normalization } from '../model/images.js';
import type { Network } from '../model/network.js';
import type { Batch, Loader } from '../data/loader.js';
import type { Rng } from '../random/rng.js';
import type { Device, DeviceTensor } from '../runtime/device.js';
import { samplePath, type Path } from '../space/space.js';
import { float32, int64, scalar, tensor, type Tensor } from '../tensor/tensor.js';
import { adamwScalars } from './adamw.js';
import { dropPathMask, dropPathRates } from './dropPath.js';
import { smoothTargets } from './loss.js';
import { learningRateAt, type Schedule } from './schedule.js';
import { NetworkState, type Weights } from './state.js';
import { trainingStep } from './step.js';

/** How a network is trained; DeiT's recipe without its augmentation, which is the loader's. */
export interface Recipe extends Schedule {
  readonly batchSize: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 switches clipping off. */
  readonly clipNorm: number;
  readonly labelSmoothing: number;
  /** Drop-path rate of the last block; 0 switches drop path off. */
  readonly dropPath: number;
  /** Decay of the moving average of the weights (EMA); 0 switches it off. Supernets keep none. */
  readonly averageDecay: number;
}

/** PyTorch's default for BatchNorm's running statistics. */
const BATCH_NORM_MOMENTUM = 0.1;

export interface TrainingJob {
  readonly device: Device;
  /** A plain network, or a supernet: then every step trains one path, drawn uniformly (SPOS). */
  readonly network: Network;
  readonly loader: Loader;
  readonly normalization: Normalization;
  readonly recipe: Recipe;
  readonly rng: Rng;
  /** First values of variables by name; the others are drawn. */
  readonly start?: Weights | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (report: StepReport) => void;
  readonly checkpoints?: Checkpoints | undefined;
}

/** What a step did; `step` counts from 1. */
export interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Images of the batch that the network got right while training. */
  readonly correct: number;
  readonly images: number;
  /** Share of the time so far that was spent waiting for data. */
  readonly waiting: number;
}

/** Everything that a training run needs to go on: the steps done and the state's vectors by name. */
export interface TrainingSnapshot {
  readonly step: number;
  readonly vectors: ReadonlyMap<string, Tensor>;
}

/** Where a training run keeps its snapshots. */
export interface Checkpoints {
  load(): Promise<TrainingSnapshot | undefined>;
  save(snapshot: TrainingSnapshot): Promise<void>;
  /** Seconds between two snapshots. One is also made when the run is interrupted. */
  readonly everySeconds: number;
}

/**
 * Trains a network and returns its state, which the caller frees. Batches, paths and dropped branches are functions of the
 * seed and the step alone, so a run that goes on from a snapshot ends as an uninterrupted one.
 *
 * Throws Interrupted between two steps when the signal is aborted, after saving a snapshot, and a UserError when the
 * loss is no longer finite.
 */
export async function train(job: TrainingJob): Promise<NetworkState> {
  const { device, network, loader, recipe, rng, signal, checkpoints } = job;
  const images = pixelImages(recipe.batchSize, network.backbone.imageSize, job.normalization, loader.pixels);
  const model = trainingStep(network, images, {
    dropPath: recipe.dropPath > 0,
    ...(recipe.clipNorm > 0 && { clipNorm: recipe.clipNorm }),
    ...(recipe.averageDecay > 0 && { averageDecay: recipe.averageDecay }),
  });
  const program = await device.compile(model, 'training step');
  const state = await NetworkState.initialize(device, network, rng.fork('weights'), {
    start: job.start,
    moments: true,
    average: recipe.averageDecay > 0,
  });
  const inputNames = program.signature.inputs.map(({ name }) => name);
  const outputNames = program.signature.outputs.map(({ name }) => name);
  const vectors = state.inputs(inputNames);

  const restored = await checkpoints?.load();
  if (restored !== undefined) await state.restore(restored.vectors);
  let step = restored?.step ?? 0;
  let saved = performance.now();
  const save = async (): Promise<void> => {
    await checkpoints?.save({ step, vectors: await state.snapshot() });
    saved = performance.now();
  };

  const began = performance.now();
  const report = async ({ at, results, labels }: Running): Promise<void> => {
    const { loss, gradientNorm, logits } = await results;
    const value = Number(loss.data[0]);
    if (!Number.isFinite(value)) {
      throw new UserError(`the loss became ${value} at step ${at + 1}; lower the learning rate or set clipNorm`);
    }
    job.onStep?.({
      step: at + 1,
      loss: value,
      learningRate: learningRateAt(recipe, at),
      gradientNorm: Number(gradientNorm.data[0]),
      correct: countCorrect(logits as Tensor<'float32'>, labels),
      images: labels.length,
      waiting: loader.waited / Math.max(1e-3, (performance.now() - began) / 1000),
    });
  };

  let running: Running | undefined;
  try {
    if (step < recipe.steps) {
      for await (const batch of loader.from(step, { signal })) {
        const path = samplePath(network.space, rng.fork('path').fork(step));
        const feeds = feedsOf(job, batch, path, step);
        const inputs: Record<string, Tensor | DeviceTensor> = { ...vectors };
        for (const name of inputNames) inputs[name] ??= feeds[name];
        const results = program.run(inputs, {
          outputs: ['loss', 'gradientNorm', 'logits'],
          updates: state.updates(path, outputNames),
          transfer: ['images'],
        });
        // While the device works on this step, the previous one is reported and the next batch is fetched.
        const previous = running;
        running = { at: step, results, labels: batch.labels };
        step++;
        if (previous !== undefined) await report(previous);
        if (step === recipe.steps) break;
        if (checkpoints !== undefined && performance.now() - saved > checkpoints.everySeconds * 1000) await save();
        stopIfAborted(signal);
      }
      if (running !== undefined) await report(running);
    }
    await program.release();
    return state;
  } catch (error) {
    await running?.results.catch(() => undefined);
    if (signal?.aborted === true) await save();
    state.free();
    await program.release();
    throw error;
  }
}

/** What step `step`, counted from 0, is fed besides the state: the batch, the path, and what the recipe says of the step. */
function feedsOf(
  { network, loader, recipe, rng }: TrainingJob,
  batch: Batch,
  path: Path,
  step: number,
): Record<string, Tensor> {
  const { imageSize, classes } = network.backbone;
  const depth = network.choices.length;
  const { stepSize, secondCorrection, keep } = adamwScalars({
    step: step + 1,
    learningRate: learningRateAt(recipe, step),
    weightDecay: recipe.weightDecay,
  });
  const targets = smoothTargets(batch.labels, classes, recipe.labelSmoothing);
  const kept = dropPathMask(dropPathRates(depth, recipe.dropPath), batch.size, rng.fork('dropPath').fork(step));
  return {
    images: tensor(loader.pixels, [batch.size, 3, imageSize, imageSize], batch.images),
    targets: tensor('float32', [batch.size, classes], targets),
    path: int64([depth], path),
    keep: float32([2 * depth, batch.size], kept),
    momentum: scalar(BATCH_NORM_MOMENTUM),
    stepSize: scalar(stepSize),
    secondCorrection: scalar(secondCorrection),
    decayFactor: scalar(keep),
  };
}

/** A step that was started: its number from 0, what it will give, and the labels of its batch. */
interface Running {
  readonly at: number;
  readonly results: Promise<Record<'loss' | 'gradientNorm' | 'logits', Tensor>>;
  readonly labels: BigInt64Array;
}

/** How many rows of logits [B, C] have their largest entry at the label. */
export function countCorrect({ shape: [rows, classes], data }: Tensor<'float32'>, labels: BigInt64Array): number {
  let correct = 0;
  for (let row = 0; row < Math.min(rows, labels.length); row++) {
    const scores = data.subarray(row * classes, (row + 1) * classes);
    if (scores.indexOf(Math.max(...scores)) === Number(labels[row])) correct++;
  }
  return correct;
}
