import { ALONE, type Communicator } from '../comm/communicator.js';
import { agreed } from '../comm/exchange.js';
import { Interrupted, stopIfAborted } from '../errors.js';
import { pixelImages } from '../program/images.js';
import type { Normalization } from '../family/preprocessing.js';
import { pathFeed, type Network } from '../model/network.js';
import type { Batch, Loader } from '../loader/loader.js';
import type { Rng } from '../random/rng.js';
import type { Device } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { float32, scalar, tensor, type Tensor } from '../tensor/tensor.js';
import type { Checkpoints, TrainingSnapshot } from './checkpoints.js';
import { dropPathMask, dropPathRates } from './dropPath.js';
import { dominantLabels, mixedTargets, smoothTargets } from './loss.js';
import { GroupUpdates } from './groupUpdates.js';
import { isPlain, optimizerFeeds } from './optimize.js';
import { uniformPaths, type PathSchedule } from './paths.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { Diverged, intervalOf, rateAfter, RollbackPoints, type WentBack } from './rollback.js';
import { learningRateAt, type Schedule } from './schedule.js';
import { NetworkState, type Weights } from './state.js';
import type { StepFeed } from './step.js';
import { createStepper, type BatchResult, type Stepper, type Tally } from './stepper.js';
import { shareOf } from './stepShare.js';
import { largest } from '../tensor/largest.js';

/** How a network is trained: DeiT's recipe without its augmentation, which belongs to the loader. */
export interface Recipe extends Schedule {
  /** Images per batch; BatchNorm takes its statistics over them. */
  readonly batchSize: number;
  /**
   * Batches per optimizer step (gradient accumulation), over all ranks. Default 1. The schedule counts optimizer steps.
   */
  readonly accumulate?: number | undefined;
  readonly optimizer: Optimizer;
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 switches clipping off. */
  readonly clipNorm: number;
  readonly labelSmoothing: number;
  /** Drop-path rate of the last block; 0 switches drop path off. */
  readonly dropPath: number;
  /** Decay of the moving average of the weights (EMA); 0 switches it off. Supernets have none. */
  readonly averageDecay: number;
  /**
   * How often a training that diverges goes back and on with half the learning rate, before it is an error. Default 0.
   */
  readonly rollbacks?: number | undefined;
}

/** PyTorch's default for BatchNorm's running statistics. */
const BATCH_NORM_MOMENTUM = 0.1;

export interface TrainingJob {
  readonly device: Device;
  /** A plain network, or a supernet, where every step trains one path. */
  readonly network: Network;
  /** The paths of a supernet's steps. Default: drawn uniformly (SPOS). */
  readonly paths?: PathSchedule | undefined;
  /** The processes that train together, each on its share of every step's batches. Default: this one alone. */
  readonly ranks?: Communicator | undefined;
  readonly loader: Loader;
  readonly normalization: Normalization;
  readonly recipe: Recipe;
  readonly rng: Rng;
  /** Initial values of variables by name; the others are drawn. */
  readonly start?: Weights | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (report: StepReport) => void;
  readonly onRollback?: (report: WentBack) => void;
  readonly checkpoints?: Checkpoints | undefined;
}

/** The outcome of an optimizer step; `step` counts from 1. */
export interface StepReport {
  readonly step: number;
  /** Mean over the step's batches. */
  readonly loss: number;
  readonly learningRate: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /**
   * Correctly classified images of the step. A mixed image (mixup, CutMix) counts as correct if the prediction is its
   * dominant label. Even a perfect network cannot always tell which label dominates, so with mixing this accuracy is
   * low.
   */
  readonly correct: number;
  readonly images: number;
  /** The step's batches, and how many of them were mixed in which way. */
  readonly batches: number;
  readonly mixup: number;
  readonly cutmix: number;
  /** Share of the time so far spent waiting for data. */
  readonly waiting: number;
}

/**
 * Trains a network and returns its state, which the caller frees. Batches, paths and dropped branches depend only on
 * the seed and the step, so a resumed run ends exactly like an uninterrupted one. All batches of a step take the same
 * path; a snapshot in the middle of a step has the state of the previous step.
 *
 * Several ranks end with what one process would get by accumulating the same batches, up to rounding, and all with the same
 * state to the last bit. Only rank 0 has `checkpoints`.
 *
 * When the signal is aborted, saves a snapshot and throws Interrupted between two batches. When the loss or the gradient is
 * no longer finite, goes back to the last point and on with half the learning rate, see {@link RollbackPoints}; throws a
 * UserError when that has not helped often enough.
 */
export async function train(job: TrainingJob): Promise<NetworkState> {
  const { device, network, loader, recipe, rng, checkpoints, ranks = ALONE } = job;
  const batches = recipe.accumulate ?? 1;
  const average = recipe.averageDecay > 0 && network.space.positions.every((choices) => choices.length === 1);
  const images = pixelImages(recipe.batchSize, network.backbone.imageSize, job.normalization, loader.pixels);
  const newStepper = (): Promise<Stepper> =>
    createStepper(device, network, images, {
      batches,
      ranks,
      optimizer: recipe.optimizer,
      dropPath: recipe.dropPath > 0,
      ...(recipe.clipNorm > 0 && { clipNorm: recipe.clipNorm }),
      ...(average && { averageDecay: recipe.averageDecay }),
    });
  const initial = (): Promise<NetworkState> =>
    NetworkState.initialize(device, network, rng.fork('weights'), {
      start: job.start,
      slots: recipe.optimizer.slots,
      average,
    });

  // Only rank 0 keeps states; the others get them from it.
  const points = ranks.rank === 0 ? new RollbackPoints(intervalOf(recipe.steps), checkpoints?.points) : undefined;
  let stepper: Stepper | undefined;
  let state: NetworkState | undefined;
  try {
    stepper = await newStepper();
    state = await initial();
    let position = await restored(await checkpoints?.load(), state, ranks);
    for (;;) {
      try {
        await trainFrom(job, position, { state, stepper, points });
        return state;
      } catch (error) {
        if (!(error instanceof Diverged)) throw error;
        const { rollbacks } = position;
        if (rollbacks >= (recipe.rollbacks ?? 0)) throw error.asUserError(rollbacks);
        // Whatever fails from here on, each is freed once.
        const [failed, divergent] = [stepper, state];
        [stepper, state] = [undefined, undefined];
        divergent.free();
        // A stepper that accumulates still holds gradients that are no numbers.
        await failed.release();
        stepper = await newStepper();
        state = await initial();
        const { step } = await restored(await points?.last(), state, ranks);
        position = { step, rollbacks: rollbacks + 1 };
        await checkpoints?.save({ ...position, vectors: await state.snapshot() });
        job.onRollback?.({ fault: error, step, times: rollbacks + 1 });
      }
    }
  } catch (error) {
    state?.free();
    throw error;
  } finally {
    await stepper?.release();
  }
}

/** How far a training is: the steps done, and how often it has gone back. */
type Position = Pick<TrainingSnapshot, 'step' | 'rollbacks'>;

/** Gives every rank the state of rank 0, after a snapshot if there is one. */
async function restored(
  snapshot: TrainingSnapshot | undefined,
  state: NetworkState,
  ranks: Communicator,
): Promise<Position> {
  if (snapshot !== undefined) await state.restore(snapshot.vectors);
  const position = await agreed(ranks, () => ({ step: snapshot?.step ?? 0, rollbacks: snapshot?.rollbacks ?? 0 }));
  await state.spread(ranks);
  return position;
}

/** What a training works with. */
interface Working {
  readonly state: NetworkState;
  readonly stepper: Stepper;
  readonly points: RollbackPoints | undefined;
}

/** Trains to the end. Throws Diverged when the loss or the gradient is not finite. */
async function trainFrom(job: TrainingJob, position: Position, { state, stepper, points }: Working): Promise<void> {
  const { network, loader, recipe, rng, signal, checkpoints, ranks = ALONE } = job;
  const batches = recipe.accumulate ?? 1;
  const share = shareOf(batches, ranks);
  const pathOf = job.paths ?? uniformPaths(network.space, rng.fork('path'));
  const groupUpdates = isPlain(network) ? undefined : new GroupUpdates(network, pathOf);
  const { rollbacks } = position;
  let { step } = position;
  let running: StartedBatch | undefined; // on the device
  let parts: StartedBatch[] = []; // of the current step or, before its first batch, of the previous one
  const began = { time: performance.now(), waited: loader.waited };
  let saved = began.time;
  const save = async (): Promise<void> => {
    if (checkpoints === undefined) return;
    // A training that goes on from after a point does not offer it again, so the step that is done proves it first.
    if (parts.length === share.count && (await isSound(parts))) await points?.prove(parts[0].step);
    await checkpoints.save({ step, rollbacks, vectors: await state.snapshot() });
    saved = performance.now();
  };
  const saveAfter = checkpoints === undefined ? Infinity : checkpoints.everySeconds * 1000;

  try {
    // A process that stopped exactly at a point has lost it: points are kept in memory until the next step proves them.
    if (step > 0 && points?.isAt(step) === true) points.offer({ step, rollbacks, vectors: await state.snapshot() });
    if (step < recipe.steps) {
      for await (const batch of loader.from(step * batches, { signal, share })) {
        const part = parts.length % share.count;
        const isLast = part === share.count - 1;
        const { path, decay } = pathOf(step);
        const learningRate = rateAfter(rollbacks) * learningRateAt(recipe, step, decay);
        const updates = groupUpdates?.after(step) ?? step + 1;
        const number = step * batches + share.first + part;
        const feeds = feedsOf(job, { batch, path, number, learningRate, updates });
        const previous = running;
        const tally = (result: BatchResult): Tally => tallyOf(batch, result);
        const { queued, result } = stepper.start(state, { feeds, path, part, tally });
        // It is awaited after the loader has given another batch; a failure before that must not end the process.
        result.catch(() => undefined);
        running = { step, batch, learningRate, result };
        await queued;
        // Once its last batch is queued, the state is that after the step.
        if (isLast) step += 1;

        // While the device works on this batch, finish the previous one, and report its step if it was the last.
        await previous?.result;
        if (previous !== undefined) loader.reuse(previous.batch);
        if (part === 0 && parts.length > 0) {
          await report(job, parts, began);
          await points?.prove(parts[0].step);
        }
        parts = part === 0 ? [running] : [...parts, running];

        if (step === recipe.steps) break;
        if (isLast && points?.isAt(step) === true) points.offer({ step, rollbacks, vectors: await state.snapshot() });
        if (isLast && performance.now() - saved > saveAfter) await save();
        stopIfAborted(signal);
      }
      await report(job, parts, began);
    }
    await state.spread(ranks);
  } catch (error) {
    await running?.result.catch(() => undefined);
    // Another rank may have been asked to stop.
    if (error instanceof Interrupted || signal?.aborted === true) await save();
    throw error;
  }
}

/** A batch, and its number among those of all steps, counted from 0. */
interface PlacedBatch {
  readonly batch: Batch;
  readonly path: Path;
  readonly number: number;
  readonly learningRate: number;
  /** How often the vectors have been updated, this step included: all of a plain network, or each group's. */
  readonly updates: number | Float64Array;
}

/** The feeds of a batch, besides the state: the batch, the path, and the recipe's values for the step. */
function feedsOf(
  { network, loader, recipe, rng }: TrainingJob,
  { batch, path, number, learningRate, updates }: PlacedBatch,
): Record<StepFeed, Tensor> {
  const { imageSize, classes } = network.backbone;
  const depth = network.choices.length;
  const branches = network.space.family.residualBranches;
  const { optimizer, weightDecay, labelSmoothing, dropPath } = recipe;
  const { labels, mix } = batch;
  const targets =
    mix === undefined
      ? smoothTargets(labels, classes, labelSmoothing)
      : mixedTargets(labels, classes, labelSmoothing, mix.lambda);
  const drops = rng.fork('dropPath').fork(number);
  const kept = dropPathMask(dropPathRates(depth, dropPath), { branches, batch: batch.size }, drops);
  return {
    images: tensor(loader.pixels, [batch.size, 3, imageSize, imageSize], batch.images),
    targets: tensor('float32', [batch.size, classes], targets),
    path: pathFeed(network, path),
    keep: float32([branches * depth, batch.size], kept),
    momentum: scalar(BATCH_NORM_MOMENTUM),
    ...optimizerFeeds(network, optimizer, { updates, learningRate, weightDecay }),
  };
}

/** A batch on the device, of the optimizer step `step`, which counts from 0. */
interface StartedBatch {
  readonly step: number;
  readonly batch: Batch;
  readonly learningRate: number;
  readonly result: Promise<BatchResult>;
}

/** When a training began, and what its loader had waited before: it may have served another training. */
interface Beginning {
  readonly time: number;
  readonly waited: number;
}

/** Waits for all batches of a step and reports it. */
async function report({ loader, onStep }: TrainingJob, parts: readonly StartedBatch[], began: Beginning) {
  const outcome = await outcomeOf(parts);
  const { learningRate } = parts[0];
  const waiting = (loader.waited - began.waited) / Math.max(1e-3, (performance.now() - began.time) / 1000);
  onStep?.({ ...outcome, learningRate, waiting });
}

/** Whether a step that has been queued has a finite loss and gradient. */
function isSound(parts: readonly StartedBatch[]): Promise<boolean> {
  return outcomeOf(parts).then(
    () => true,
    () => false,
  );
}

/** Waits for all batches of a step. Throws Diverged when its loss or its gradient is not finite. */
async function outcomeOf(parts: readonly StartedBatch[]): Promise<Omit<StepReport, 'learningRate' | 'waiting'>> {
  const [{ step }] = parts;
  const results = await Promise.all(parts.map(({ result }) => result));
  const own = results.map((result, part) => tallyOf(parts[part].batch, result));
  const total = results.at(-1)?.total ?? own.reduce((sum, tally) => sum.map((value, at) => value + tally[at]));
  const [losses, correct, images, batches, mixup, cutmix] = total;
  const loss = losses / batches;
  const norm = results.at(-1)?.gradientNorm?.data[0];
  if (!Number.isFinite(loss) || (norm !== undefined && !Number.isFinite(Number(norm))))
    throw new Diverged(step + 1, loss);
  return { step: step + 1, loss, gradientNorm: Number(norm), correct, images, batches, mixup, cutmix };
}

/** A batch's loss, correct images, images, 1 for itself, and 1 where it was mixed by mixup, or by CutMix. */
function tallyOf({ labels, mix, size }: Batch, { loss, logits }: BatchResult): Tally {
  const correct = countCorrect(logits as Tensor<'float32'>, dominantLabels(labels, mix?.lambda));
  const mixup = mix !== undefined && mix.box === undefined;
  return [Number(loss.data[0]), correct, size, 1, Number(mixup), Number(mix !== undefined && !mixup)];
}

/** The number of rows of logits [B, C] whose largest entry is at the label. */
export function countCorrect({ shape: [rows, classes], data }: Tensor<'float32'>, labels: BigInt64Array): number {
  let correct = 0;
  for (let row = 0; row < Math.min(rows, labels.length); row++) {
    const scores = data.subarray(row * classes, (row + 1) * classes);
    if (scores.indexOf(largest(scores)) === Number(labels[row])) correct++;
  }
  return correct;
}
