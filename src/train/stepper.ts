import type { Value } from '../graph/index.js';
import type { Network } from '../model/network.js';
import { CompiledProgram } from '../program/compiled.js';
import type { Device } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { scalar, type Tensor } from '../tensor/tensor.js';
import { Accumulator } from './accumulator.js';
import type { BackwardFeed } from './backward.js';
import type { ScalarFeed } from './optimize.js';
import type { NetworkState } from './state.js';
import { gradientStep, trainingStep, updateStep, type StepFeed, type StepSettings } from './step.js';

/** The result of one batch. */
export interface BatchResult {
  readonly loss: Tensor;
  /** [B, C] */
  readonly logits: Tensor;
  /** Global norm of the step's gradient before clipping; only for a step's last batch. */
  readonly gradientNorm?: Tensor;
}

/** One batch of a step, with its feeds. */
export interface BatchOfStep {
  readonly feeds: Readonly<Record<StepFeed, Tensor>>;
  readonly path: Path;
  /** Its number within the step, from 0. */
  readonly part: number;
}

/** Runs a network's training steps on a device, each with a fixed number of batches. */
export interface Stepper {
  /**
   * Starts the work for one batch and, after a step's last batch, for the step. All of it is queued before this
   * returns, so a later snapshot of the state never has half a step. Transfers the memory of `images`.
   */
  start(state: NetworkState, batch: BatchOfStep): Promise<BatchResult>;
  /** Frees its device memory. */
  release(): Promise<void>;
}

export interface StepperSettings extends StepSettings {
  /** Batches per step. */
  readonly batches: number;
}

/**
 * Compiles a network's steps. A step of one batch is one program; a step of several is one program per batch and an
 * update.
 */
export async function createStepper(
  device: Device,
  network: Network,
  images: Value,
  { batches, ...settings }: StepperSettings,
): Promise<Stepper> {
  if (batches === 1) {
    const step = await CompiledProgram.compile(device, trainingStep(network, images, settings), 'training step');
    return new FusedStepper(step);
  }
  const { dropPath, ...rest } = settings;
  return new AccumulatingStepper(
    await CompiledProgram.compile(device, gradientStep(network, images, { dropPath, batches }), 'training gradient'),
    await CompiledProgram.compile(device, updateStep(network, rest), 'training update'),
    await Accumulator.create(device, network),
    batches,
  );
}

class FusedStepper implements Stepper {
  constructor(private readonly step: CompiledProgram<StepFeed, 'loss' | 'logits' | 'gradientNorm'>) {}

  start(state: NetworkState, { feeds, path }: BatchOfStep): Promise<BatchResult> {
    return this.step.on(state.at(path)).run(feeds, { transfer: ['images'] });
  }

  release(): Promise<void> {
    return this.step.release();
  }
}

class AccumulatingStepper implements Stepper {
  constructor(
    private readonly gradient: CompiledProgram<BackwardFeed | 'carry', 'loss' | 'logits'>,
    private readonly update: CompiledProgram<'path' | ScalarFeed, 'gradientNorm'>,
    private readonly accumulator: Accumulator,
    private readonly batches: number,
  ) {}

  async start(state: NetworkState, { feeds, path, part }: BatchOfStep): Promise<BatchResult> {
    const { gradient, update, accumulator } = this;
    const last = part === this.batches - 1;
    const carry = scalar(part === 0 ? 0 : 1);
    const result = gradient
      .on(accumulator.at(path, { batch: part, last }), state.at(path))
      .run({ ...feeds, carry }, { transfer: ['images'] });
    if (!last) return result;
    // The update reads the statistics from the state, where the last batch has written them.
    const norm = update.on(accumulator.at(path, { batch: 0, last }), state.at(path)).run(feeds);
    const [found, { gradientNorm }] = await Promise.all([result, norm]);
    return { ...found, gradientNorm };
  }

  async release(): Promise<void> {
    this.accumulator.free();
    await this.gradient.release();
    await this.update.release();
  }
}
