import type { Device, DeviceTensor, Program } from '../runtime/device.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ProgramGraph } from './program.js';

/** Vectors on a device, as programs name them. */
export interface StateView {
  /** Those that a program reads, by input name. */
  inputs(names: readonly string[]): Readonly<Record<string, DeviceTensor>>;
  /** For each output of a program that is a new vector: what it replaces. */
  updates(outputs: readonly string[]): Readonly<Record<string, DeviceTensor>>;
}

/** A program on certain vectors. */
export interface BoundProgram<Feed extends string, Result extends string> {
  /** Runs it. The memory of the feeds in `transfer` is handed over instead of copied. */
  run(
    feeds: Readonly<Record<Feed, Tensor>>,
    options?: { readonly transfer?: readonly Feed[] },
  ): Promise<Record<Result, Tensor>>;
  /** Whether a run replaces any vector. */
  readonly changesState: boolean;
}

/** A program on a device. */
export class CompiledProgram<Feed extends string, Result extends string> {
  private constructor(
    private readonly program: Program,
    private readonly results: readonly Result[],
    /** Inputs that the graph does read, of the feeds and of the state. */
    private readonly fed: readonly Feed[],
    private readonly read: readonly string[],
    private readonly outputs: readonly string[],
  ) {}

  /** `label` names the program in errors. */
  static async compile<Feed extends string, Result extends string>(
    device: Device,
    { feeds, results, model }: ProgramGraph<Feed, Result>,
    label: string,
  ): Promise<CompiledProgram<Feed, Result>> {
    const program = await device.compile(model, label);
    const inputs = program.signature.inputs.map(({ name }) => name);
    const outputs = program.signature.outputs.map(({ name }) => name);
    const isFeed = (name: string): name is Feed => (feeds as readonly string[]).includes(name);
    return new CompiledProgram(
      program,
      results,
      inputs.filter(isFeed),
      inputs.filter((name) => !isFeed(name)),
      outputs,
    );
  }

  /** The program on the vectors of these views; of several that have a vector, the first gives it. */
  on(...views: readonly StateView[]): BoundProgram<Feed, Result> {
    const { program, results, fed, read, outputs } = this;
    const state = Object.assign({}, ...views.map((view) => view.inputs(read)).reverse()) as Record<
      string,
      DeviceTensor
    >;
    const updates = Object.assign({}, ...views.map((view) => view.updates(outputs)).reverse()) as Record<
      string,
      DeviceTensor
    >;
    return {
      run: (feeds, { transfer = [] } = {}) =>
        program.run(
          { ...state, ...Object.fromEntries(fed.map((name) => [name, feeds[name]])) },
          { outputs: results, updates, transfer },
        ),
      changesState: Object.keys(updates).length > 0,
    };
  }

  /** Gives the program's memory back, after the runs that were started before. */
  release(): Promise<void> {
    return this.program.release();
  }
}
