import type { Communicator } from '../comm/communicator.js';
import type { Value } from '../graph/index.js';
import type { StepShare } from '../loader/loader.js';
import type { Network } from '../model/network.js';
import { CompiledProgram } from '../program/compiled.js';
import type { Device } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { scalar, type Tensor } from '../tensor/tensor.js';
import { Accumulator } from './accumulator.js';
import type { BackwardFeed } from './backward.js';
import type { ScalarFeed } from './optimize.js';
import { RankSum } from './rankSum.js';
import type { NetworkState } from './state.js';
import { gradientStep, trainingStep, updateStep, type StepFeed, type StepSettings } from './step.js';
import { shareOf } from './stepShare.js';

/** What is counted over a step's batches, in numbers that add up. */
export type Tally = readonly number[];

/** The result of one batch. */
export interface BatchResult {
  readonly loss: Tensor;
  /** [B, C] */
  readonly logits: Tensor;
  /** Global norm of the step's gradient before clipping; only for a step's last batch. */
  readonly gradientNorm?: Tensor;
  /** The step's tally over all ranks, if there are several; only for a step's last batch. */
  readonly total?: Tally;
}

/** One batch of a step, with its feeds. */
export interface BatchOfStep {
  readonly feeds: Readonly<Record<StepFeed, Tensor>>;
  readonly path: Path;
  /** Its number among this rank's batches of the step, from 0. */
  readonly part: number;
  /** Its part of the step's tally. */
  readonly tally: (result: BatchResult) => Tally;
}

/** A batch that is under way. */
export interface BatchWork {
  /**
   * Settles when all work for the batch and, after a step's last batch, for the step is queued on the device. At no time
   * is half of a step's changes to the state queued, so a snapshot is always that of whole steps.
   */
  readonly queued: Promise<unknown>;
  readonly result: Promise<BatchResult>;
}

/** Runs a network's training steps on a device, each with a fixed number of batches. */
export interface Stepper {
  /**
   * Starts the work for one batch and, after a step's last batch, for the step. The next batch can be started when it
   * is queued. Transfers the memory of `images`.
   */
  start(state: NetworkState, batch: BatchOfStep): BatchWork;
  /** Frees its device memory. */
  release(): Promise<void>;
}

export interface StepperSettings extends StepSettings {
  /** Batches per step, over all ranks. */
  readonly batches: number;
  readonly ranks: Communicator;
}

/**
 * Compiles a network's steps. A step of one batch is one program; a step of several is one program per batch and an
 * update. Between them, ranks add up what each accumulated over its share of the batches.
 */
export async function createStepper(
  device: Device,
  network: Network,
  images: Value,
  { batches, ranks, ...settings }: StepperSettings,
): Promise<Stepper> {
  if (batches === 1) {
    const step = await CompiledProgram.compile(device, trainingStep(network, images, settings), 'training step');
    return new FusedStepper(step);
  }
  const { dropPath, ...rest } = settings;
  const gradient = gradientStep(network, images, { dropPath, batches });
  const accumulate = await CompiledProgram.compile(device, gradient, 'training gradient');
  const update = await orRelease([accumulate], () =>
    CompiledProgram.compile(device, updateStep(network, rest), 'training update'),
  );
  const accumulator = await orRelease([accumulate, update], () => Accumulator.create(device, network));
  const parts = new StepParts(accumulate, update, accumulator);
  if (ranks.size === 1) return new AccumulatingStepper(parts, batches);
  return new RankStepper(parts, shareOf(batches, ranks), new RankSum(ranks, device, network));
}

/** What `make` gives; if it fails, what was made before is released. */
async function orRelease<T>(made: readonly { release(): Promise<void> }[], make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await Promise.allSettled(made.map((each) => each.release()));
    throw error;
  }
}

class FusedStepper implements Stepper {
  constructor(private readonly step: CompiledProgram<StepFeed, 'loss' | 'logits' | 'gradientNorm'>) {}

  start(state: NetworkState, { feeds, path }: BatchOfStep): BatchWork {
    return { queued: QUEUED, result: this.step.on(state.at(path)).run(feeds, { transfer: ['images'] }) };
  }

  release(): Promise<void> {
    return this.step.release();
  }
}

const QUEUED = Promise.resolve();

/** What a step of several batches is made of. */
class StepParts {
  constructor(
    private readonly gradient: CompiledProgram<BackwardFeed | 'carry', 'loss' | 'logits'>,
    private readonly update: CompiledProgram<'path' | ScalarFeed, 'gradientNorm'>,
    readonly accumulator: Accumulator,
  ) {}

  /** Queues a batch's gradient. The running statistics go to the state if `last`, else to the accumulator. */
  accumulate(state: NetworkState, { feeds, path, part }: BatchOfStep, last: boolean): Promise<BatchResult> {
    const carry = scalar(part === 0 ? 0 : 1);
    return this.gradient
      .on(this.accumulator.at(path, { batch: part, last }), state.at(path))
      .run({ ...feeds, carry }, { transfer: ['images'] });
  }

  /** Queues the update. It reads the statistics from the state, which already has those after the step. */
  finish(state: NetworkState, { feeds, path }: BatchOfStep): Promise<{ readonly gradientNorm: Tensor }> {
    return this.update.on(this.accumulator.at(path, { batch: 0, last: true }), state.at(path)).run(feeds);
  }

  async release(): Promise<void> {
    this.accumulator.free();
    await this.gradient.release();
    await this.update.release();
  }
}

class AccumulatingStepper implements Stepper {
  constructor(
    private readonly parts: StepParts,
    private readonly batches: number,
  ) {}

  start(state: NetworkState, batch: BatchOfStep): BatchWork {
    const { parts } = this;
    const last = batch.part === this.batches - 1;
    const result = parts.accumulate(state, batch, last);
    if (!last) return { queued: QUEUED, result };
    const norm = parts.finish(state, batch);
    return {
      queued: QUEUED,
      result: Promise.all([result, norm]).then(([found, { gradientNorm }]) => ({ ...found, gradientNorm })),
    };
  }

  release(): Promise<void> {
    return this.parts.release();
  }
}

/** Steps of several ranks: each accumulates over its share of a step's batches, then all make the same update. */
class RankStepper implements Stepper {
  private tally: number[] = [];

  constructor(
    private readonly parts: StepParts,
    private readonly share: StepShare,
    private readonly sum: RankSum,
  ) {}

  start(state: NetworkState, batch: BatchOfStep): BatchWork {
    const { parts, share } = this;
    const accumulated = parts.accumulate(state, batch, false).then((result) => {
      const counted = batch.tally(result);
      this.tally = counted.map((value, at) => value + (batch.part === 0 ? 0 : this.tally[at]));
      return result;
    });
    if (batch.part < share.count - 1) return { queued: QUEUED, result: accumulated };

    const updated = accumulated.then(async (result) => {
      const { path, feeds } = batch;
      const own = parts.accumulator.at(path, { batch: share.count, last: false });
      const momentum = Number(feeds.momentum.data[0]);
      const before = state.at(path);
      const { tally, write } = await this.sum.of({ path, share, momentum, before, own, tally: this.tally });
      const writing = write();
      const norm = parts.finish(state, batch);
      return { result, total: tally, update: Promise.all([norm, writing]) };
    });
    return {
      queued: updated,
      result: updated.then(async ({ result, total, update }) => {
        const [{ gradientNorm }] = await update;
        return { ...result, gradientNorm, total };
      }),
    };
  }

  release(): Promise<void> {
    return this.parts.release();
  }
}
