/**
 * Devices run programs and hold tensors between runs.
 *
 * An engine's run blocks the calling thread, so a device keeps its engine in a worker thread; every method here returns
 * at once. Calls are executed in order: several runs may be started before the first has ended.
 */
import { availableParallelism } from 'node:os';
import { UserError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { DeviceTensor } from './deviceTensor.js';
import { EngineThread } from './engineThread.js';
import { ownsItsBuffer, Program } from './program.js';
import { checkPrecision, traitsOf, type DeviceKind, type Precision } from './deviceKinds.js';

export { DEVICE_KINDS, PRECISIONS, precisionsOf, type DeviceKind, type Precision } from './deviceKinds.js';
export { DeviceTensor } from './deviceTensor.js';
export { Program, type RunOptions } from './program.js';
export type { Signature, ValueInfo } from './signature.js';

export interface DeviceOptions {
  readonly kind?: DeviceKind | undefined;
  /** Threads per operator on the CPU. Default: all that are available to this process. */
  readonly threads?: number | undefined;
  /** What products are computed in; the openvino device also offers bfloat16. Default: float32. */
  readonly precision?: Precision | undefined;
}

/** Starts a device (default: the CPU). Throws a UserError when it is not available. */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { kind = 'cpu', threads = availableParallelism(), precision = 'float32' } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new UserError(`a device needs a whole number of threads, at least 1, not ${threads}`);
  }
  checkPrecision(kind, precision);
  const thread = new EngineThread({ kind, threads, precision });
  try {
    await thread.call('open', undefined);
  } catch (error) {
    await thread.close().catch(() => undefined);
    if (error instanceof UserError) throw error;
    const machine = `${process.platform} ${process.arch}`;
    throw new UserError(
      `the device ${kind} does not start on this machine (${machine}): ${oneLine(error)}; ${traitsOf(kind).remedy}`,
    );
  }
  return new Device(kind, threads, precision, thread);
}

function oneLine(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
  return text.replace(/^\S+:\d+ .* was false\. /, ''); // the C++ assertion in front of ONNX Runtime's explanation
}

export class Device {
  private programs = 0;
  private slots = 0;

  /** Use {@link openDevice} to get a device. */
  constructor(
    readonly kind: DeviceKind,
    readonly threads: number,
    readonly precision: Precision,
    private readonly thread: EngineThread,
  ) {}

  /** Compiles an ONNX model. `label` names the program in errors, e.g. "training step". */
  async compile(model: Uint8Array, label = `program ${this.programs + 1}`): Promise<Program> {
    const program = ++this.programs;
    try {
      const signature = await this.thread.call('compile', { program, model });
      return new Program(this.thread, program, label, signature);
    } catch (error) {
      throw new Error(`${label} does not compile: ${oneLine(error)}`, { cause: error });
    }
  }

  /** Copies a tensor to the device, where it stays until freed. */
  async upload(value: Tensor): Promise<DeviceTensor> {
    const tensor = new DeviceTensor(this.thread, ++this.slots, value.dtype, [...value.shape]);
    await this.write(tensor, value);
    return tensor;
  }

  /**
   * Replaces the content of a device tensor; dtype and shape must be the same. With `transfer`, the value's memory is
   * transferred instead of copied; its tensor is unusable afterwards.
   */
  async write(
    tensor: DeviceTensor,
    value: Tensor,
    { transfer = false }: { readonly transfer?: boolean } = {},
  ): Promise<void> {
    const slot = tensor.slotOn(this.thread);
    tensor.checkFits(value);
    const moved = transfer && ownsItsBuffer(value) ? [value.data.buffer as ArrayBuffer] : [];
    await this.thread.call('write', { slot, value }, moved);
  }

  /** Copies a device tensor to the host. */
  async download(tensor: DeviceTensor): Promise<Tensor> {
    return this.thread.call('read', { slot: tensor.slotOn(this.thread) });
  }

  /** Frees a device tensor, after the runs started before. */
  free(tensor: DeviceTensor): void {
    const slot = tensor.slotOn(this.thread);
    tensor.markFreed();
    this.thread.call('free', { slot }).catch(() => undefined); // a closed device has freed everything
  }

  /**
   * Waits for the run in flight, rejects queued runs, and frees everything. Idempotent. An open device does not keep
   * the process alive.
   */
  close(): Promise<void> {
    return this.thread.close();
  }
}
