import type { DType, Shape } from '../../tensor/tensor.js';
import type { EngineSettings } from '../engine.js';
import type { Signature, ValueInfo } from '../signature.js';
import type { Handle, Port } from './api.js';
import type { Core } from './core.js';
import { HostTensor } from './hostTensor.js';

export type ModelSettings = Pick<EngineSettings, 'threads' | 'precision'>;

/** A compiled model with its one request, which remembers the tensors that it was bound to. */
export class CompiledModel {
  /** The tensors that the request points at: their memory must not be collected. */
  private readonly bound = new Map<string, HostTensor>();

  /** The outputs that are written to memory of their own. */
  private readonly discarded = new Set<number>();

  private constructor(
    private readonly core: Core,
    private readonly compiled: Handle,
    private readonly request: Handle,
    readonly signature: Signature,
    /** By output: whether its shape is known before a run. */
    private readonly fixed: readonly boolean[],
  ) {}

  /**
   * Undefined if shapes depend on more than those of the inputs: a branch has arms whose results differ, as in the training
   * of a supernet.
   */
  static compile(core: Core, bytes: Uint8Array, { threads, precision }: ModelSettings): CompiledModel | undefined {
    const { api, handle, elementTypes } = core;
    const model = api.readModel(handle, bytes);
    try {
      const [inputs, outputs] = [api.inputsOf(model), api.outputsOf(model)];
      const declared = (ports: readonly Port[]) => ports.map((port) => valueInfo(port, elementTypes));
      const signature = { inputs: declared(inputs), outputs: declared(outputs) };
      const fixed = outputs.map(isFixed);
      if (inputs.every(isFixed) && !fixed.every(Boolean)) return undefined;
      const compiled = api.compile(handle, model, {
        INFERENCE_NUM_THREADS: String(threads),
        NUM_STREAMS: '1',
        INFERENCE_PRECISION_HINT: precision === 'bfloat16' ? 'bf16' : 'f32',
        // Other threads, such as the loader's, share the cores.
        ENABLE_CPU_PINNING: 'NO',
      });
      return new CompiledModel(core, compiled, api.createRequest(compiled), signature, fixed);
    } finally {
      api.freeModel(model);
    }
  }

  bindInput(at: number, tensor: HostTensor): void {
    this.core.api.setInput(this.request, at, tensor.handle);
    this.bound.set(`input ${at}`, tensor);
  }

  /** Whether an output's shape is known before a run, so that a tensor can be bound to it. */
  isFixed(output: number): boolean {
    return this.fixed[output] ?? false;
  }

  /** Has an output of fixed shape written to a tensor. */
  bindOutput(at: number, tensor: HostTensor): void {
    this.core.api.setOutput(this.request, at, tensor.handle);
    this.bound.set(`output ${at}`, tensor);
    this.discarded.delete(at);
  }

  /** Has an output of fixed shape that nobody reads written to memory of its own, not where it was bound before. */
  discardOutput(at: number): void {
    if (!this.bound.has(`output ${at}`) || this.discarded.has(at)) return;
    const { dtype, shape } = this.outputAt(at);
    const own = HostTensor.create(this.core, dtype, shape.map(Number));
    this.bindOutput(at, own);
    this.discarded.add(at);
    own.free();
  }

  infer(): void {
    this.core.api.infer(this.request);
  }

  /** Reads an unbound output's shape and bytes, which the next run overwrites. */
  readOutput<Result>(at: number, read: (dtype: DType, shape: Shape, bytes: Uint8Array) => Result): Result {
    const tensor = this.core.api.output(this.request, at);
    try {
      return read(this.outputAt(at).dtype, this.core.api.shapeOf(tensor), this.core.api.memoryOf(tensor));
    } finally {
      this.core.api.freeTensor(tensor);
    }
  }

  private outputAt(at: number): ValueInfo {
    const output = this.signature.outputs[at];
    if (output === undefined) throw new RangeError(`the program has no output at position ${at}`);
    return output;
  }

  release(): void {
    this.core.api.freeRequest(this.request);
    this.core.api.freeCompiled(this.compiled);
    this.bound.clear();
  }
}

function isFixed({ extents }: Port): boolean {
  return extents?.every((extent) => extent >= 0) ?? false;
}

function valueInfo({ name, elementType, extents }: Port, elementTypes: Core['elementTypes']): ValueInfo {
  const dtype = (Object.keys(elementTypes) as DType[]).find((each) => elementTypes[each] === elementType);
  if (dtype === undefined) {
    const known = Object.keys(elementTypes).join(', ');
    throw new Error(`'${name}' has an element type that glit does not use; programs take and return ${known} tensors`);
  }
  return { name, dtype, shape: (extents ?? []).map((extent) => (extent < 0 ? '' : extent)) };
}
