import type { Device, DeviceTensor, Program } from '../runtime/device.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ProgramGraph } from './program.js';

/** Vectors on a device, by the names that programs use. */
export interface StateView {
  /** Vectors to read, by input name. */
  inputs(names: readonly string[]): Readonly<Record<string, DeviceTensor>>;
  /** Vectors to replace, by output name. */
  updates(outputs: readonly string[]): Readonly<Record<string, DeviceTensor>>;
}

/** A program bound to vectors. */
export interface BoundProgram<Feed extends string, Result extends string> {
  /** Runs it. The memory of the feeds in `transfer` is transferred instead of copied. */
  run(
    feeds: Readonly<Record<Feed, Tensor>>,
    options?: { readonly transfer?: readonly Feed[] },
  ): Promise<Record<Result, Tensor>>;
  /** Whether a run replaces any vectors. */
  readonly changesState: boolean;
}

/** A program on a device. */
export class CompiledProgram<Feed extends string, Result extends string> {
  private constructor(
    private readonly program: Program,
    private readonly results: readonly Result[],
    /** The inputs that the graph actually reads, of the feeds and of the state. */
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

  /** Binds the program to the vectors of these views; if several have a vector, the first one counts. */
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

  /** Frees the program's memory, after the runs started before. */
  release(): Promise<void> {
    return this.program.release();
  }
}
