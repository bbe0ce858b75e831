import type { Value } from '../graph/index.js';
import type { Network } from '../model/network.js';
import type { Device, DeviceTensor, Program } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { scalar, type Tensor } from '../tensor/tensor.js';
import { Accumulator } from './accumulator.js';
import type { NetworkState } from './state.js';
import { gradientStep, trainingStep, updateStep, type StepSettings } from './step.js';

/** What one batch gave. */
export interface BatchResult {
  readonly loss: Tensor;
  /** [B, C] */
  readonly logits: Tensor;
  /** Global norm of the step's gradient, before clipping; of a step's last batch only. */
  readonly gradientNorm?: Tensor;
}

/** One batch of a step, and what the programs are fed for it, by input name. */
export interface BatchOfStep {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly path: Path;
  /** Which batch of its step it is, from 0. */
  readonly part: number;
}

/** Makes a network's training steps on a device, each of a fixed number of batches. */
export interface Stepper {
  /**
   * Starts what has to be done for one batch and, after the last of a step, for the step: all of it before this returns,
   * so a snapshot of the state that is asked for afterwards is never of half a step. Takes the memory of `images`.
   */
  start(state: NetworkState, batch: BatchOfStep): Promise<BatchResult>;
  /** Gives what it holds on the device back. */
  release(): Promise<void>;
}

export interface StepperSettings extends StepSettings {
  /** Batches of a step. */
  readonly batches: number;
}

/** Compiles the steps of a network. Steps of one batch are one program; those of several are one for each, and an update. */
export async function createStepper(
  device: Device,
  network: Network,
  images: Value,
  { batches, ...settings }: StepperSettings,
): Promise<Stepper> {
  if (batches === 1) return new FusedStepper(await compile(device, trainingStep(network, images, settings), 'step'));
  const { dropPath, ...optimizer } = settings;
  const gradient = await compile(device, gradientStep(network, images, { dropPath, batches }), 'gradient');
  const update = await compile(device, updateStep(network, optimizer), 'update');
  return new AccumulatingStepper(gradient, update, await Accumulator.create(device, network), batches);
}

async function compile(device: Device, model: Uint8Array, part: string): Promise<NamedProgram> {
  const program = await device.compile(model, `training ${part}`);
  const { inputs, outputs } = program.signature;
  return { program, inputs: inputs.map(({ name }) => name), outputs: outputs.map(({ name }) => name) };
}

/** A program and the names of its inputs and outputs. */
interface NamedProgram {
  readonly program: Program;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The values for a program's inputs, each from the first of the sources that has it. */
function inputsOf(
  { inputs }: NamedProgram,
  ...sources: readonly Readonly<Record<string, Tensor | DeviceTensor>>[]
): Record<string, Tensor | DeviceTensor> {
  const known = Object.assign({}, ...sources.toReversed()) as Record<string, Tensor | DeviceTensor>;
  return Object.fromEntries(inputs.filter((name) => name in known).map((name) => [name, known[name]]));
}

class FusedStepper implements Stepper {
  constructor(private readonly step: NamedProgram) {}

  start(state: NetworkState, { feeds, path }: BatchOfStep): Promise<BatchResult> {
    const { program, inputs, outputs } = this.step;
    return program.run(inputsOf(this.step, state.inputs(inputs), feeds), {
      outputs: ['loss', 'logits', 'gradientNorm'],
      updates: state.updates(path, outputs),
      transfer: ['images'],
    });
  }

  release(): Promise<void> {
    return this.step.program.release();
  }
}

class AccumulatingStepper implements Stepper {
  constructor(
    private readonly gradient: NamedProgram,
    private readonly update: NamedProgram,
    private readonly accumulator: Accumulator,
    private readonly batches: number,
  ) {}

  async start(state: NetworkState, { feeds, path, part }: BatchOfStep): Promise<BatchResult> {
    const { gradient, update, accumulator } = this;
    const last = part === this.batches - 1;
    const carry = scalar(part === 0 ? 0 : 1);
    const result = gradient.program.run(
      inputsOf(gradient, accumulator.inputs(part), { carry }, state.inputs(gradient.inputs), feeds),
      {
        outputs: ['loss', 'logits'],
        updates: {
          ...state.updates(path, gradient.outputs),
          ...accumulator.updates(path, gradient.outputs, { last }),
        },
        transfer: ['images'],
      },
    );
    if (!last) return result;
    // The update reads the statistics from the state, where the last batch has put them.
    const norm = update.program.run(inputsOf(update, accumulator.inputs(0), state.inputs(update.inputs), feeds), {
      outputs: ['gradientNorm'],
      updates: state.updates(path, update.outputs),
    });
    const [found, { gradientNorm }] = await Promise.all([result, norm]);
    return { ...found, gradientNorm };
  }

  async release(): Promise<void> {
    this.accumulator.free();
    await this.gradient.program.release();
    await this.update.program.release();
  }
}
