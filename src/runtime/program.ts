import { isShared, type Tensor } from '../tensor/tensor.js';
import { DeviceTensor } from './deviceTensor.js';
import type { EngineThread } from './engineThread.js';
import { checkInput, type Signature } from './signature.js';

const NONE = -1;

export interface RunOptions<Output extends string = string> {
  /** The outputs to return. Default: all that do not update a device tensor. */
  readonly outputs?: readonly Output[];
  /** Outputs that stay on the device: each replaces the content of a device tensor after a successful run. */
  readonly updates?: Readonly<Record<string, DeviceTensor>>;
  /**
   * Inputs whose memory is transferred instead of copied, unless it is shared; their host tensors are unusable
   * afterwards.
   */
  readonly transfer?: readonly string[];
}

/** A compiled model. Made by {@link Device.compile}. */
export class Program {
  private readonly outputPositions: ReadonlyMap<string, number>;

  constructor(
    private readonly thread: EngineThread,
    private readonly number: number,
    readonly label: string,
    readonly signature: Signature,
  ) {
    this.outputPositions = new Map(signature.outputs.map(({ name }, position) => [name, position]));
  }

  /**
   * Runs the program on values for all its inputs, on the host or on the device. Values in shared memory are read in
   * place and must not change until the run ends; others are copied now.
   *
   * Throws an Error that names the program when inputs are missing, unknown or have the wrong dtype or shape, and when
   * ONNX Runtime fails. Updates are all-or-nothing: a failed run leaves every device tensor unchanged.
   */
  async run<const Output extends string = string>(
    inputs: Readonly<Record<string, Tensor | DeviceTensor>>,
    options: RunOptions<Output> = {},
  ): Promise<Record<Output, Tensor>> {
    try {
      const { slots, host, buffers } = this.encodeInputs(inputs, new Set(options.transfer));
      const updates = this.encodeUpdates(options.updates ?? {});
      const wanted = this.encodeOutputs(options.outputs, updates);
      const results = await this.thread.call('run', { program: this.number, slots, host, updates, wanted }, buffers);
      const named = results.map(
        (result, index) => [this.signature.outputs[wanted[index] ?? NONE]?.name, result] as const,
      );
      return Object.fromEntries(named) as Record<Output, Tensor>;
    } catch (error) {
      throw this.named(error);
    }
  }

  /**
   * Runs the program `runs` times on the same values and returns each run's milliseconds on the engine's thread,
   * including the way of all outputs to the host. Throws as {@link run} does.
   */
  async time(inputs: Readonly<Record<string, Tensor>>, runs: number): Promise<readonly number[]> {
    try {
      const { slots, host, buffers } = this.encodeInputs(inputs, new Set());
      const updates = this.encodeUpdates({});
      const wanted = this.encodeOutputs(undefined, updates);
      const request = { program: this.number, slots, host, updates, wanted, runs };
      return (await this.thread.call('time', request, buffers)).milliseconds;
    } catch (error) {
      throw this.named(error);
    }
  }

  /** Frees the program's memory, after the runs started before. A closed device has freed it. */
  async release(): Promise<void> {
    if (!this.thread.isClosed) await this.thread.call('release', { program: this.number });
  }

  private named(error: unknown): Error {
    return new Error(`${this.label}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }

  private encodeInputs(
    inputs: Readonly<Record<string, Tensor | DeviceTensor>>,
    transfer: ReadonlySet<string>,
  ): { slots: Int32Array; host: Tensor[]; buffers: ArrayBuffer[] } {
    const expected = this.signature.inputs;
    const slots = new Int32Array(expected.length).fill(NONE);
    const host: Tensor[] = [];
    const buffers: ArrayBuffer[] = [];
    const openDimensions = new Map<string, number>();
    expected.forEach((info, position) => {
      const value = inputs[info.name];
      if (value === undefined) throw new Error(`input '${info.name}' is missing`);
      checkInput(info, value.dtype, value.shape, openDimensions);
      if (value instanceof DeviceTensor) {
        slots[position] = value.slotOn(this.thread);
        return;
      }
      const inPlace = isShared(value) || (transfer.has(info.name) && ownsItsBuffer(value));
      const data = inPlace ? value.data : value.data.slice();
      host.push({ dtype: value.dtype, shape: value.shape, data });
      if (data.buffer instanceof ArrayBuffer) buffers.push(data.buffer);
    });
    const names = Object.keys(inputs);
    if (names.length > expected.length) {
      const known = new Set(expected.map(({ name }) => name));
      throw new Error(`there is no input '${names.find((name) => !known.has(name))}'`);
    }
    return { slots, host, buffers };
  }

  private encodeUpdates(updates: Readonly<Record<string, DeviceTensor>>): Int32Array {
    const slots = new Int32Array(this.signature.outputs.length).fill(NONE);
    const used = new Set<number>();
    for (const [name, tensor] of Object.entries(updates)) {
      const slot = tensor.slotOn(this.thread);
      if (used.has(slot)) throw new Error(`output '${name}' updates a device tensor that another output updates`);
      used.add(slot);
      slots[this.outputPosition(name)] = slot;
    }
    return slots;
  }

  private encodeOutputs(outputs: readonly string[] | undefined, updates: Int32Array): Int32Array {
    const wanted =
      outputs === undefined
        ? [...this.signature.outputs.keys()].filter((position) => updates[position] === NONE)
        : [...new Set(outputs)].map((name) => this.outputPosition(name));
    return Int32Array.from(wanted);
  }

  private outputPosition(name: string): number {
    const position = this.outputPositions.get(name);
    if (position === undefined) throw new Error(`there is no output '${name}'`);
    return position;
  }
}

/** Whether a tensor's data fills a buffer that can be transferred to another thread. */
export function ownsItsBuffer({ data }: Tensor): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}
