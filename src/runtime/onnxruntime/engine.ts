/** ONNX Runtime's engine: programs are sessions. */
import { isShared, type Tensor } from '../../tensor/tensor.js';
import type { Engine } from '../engine.js';
import type { Calls, RunRequest } from '../protocol.js';
import { formatType, sameShape, type Signature, type ValueInfo } from '../signature.js';
import { Memory } from './memory.js';
import { createSession, valueInfo, type Ort, type OrtSession, type OrtTensor, type SessionSettings } from './ort.js';
import { providerOf } from './providers.js';

interface LoadedProgram {
  readonly session: OrtSession;
  readonly signature: Signature;
  /** By input: buffers for inputs in shared memory, which ONNX Runtime does not accept. */
  readonly copies: Map<string, Tensor>;
}

export class OrtEngine implements Engine {
  private readonly memory: Memory;
  private readonly programs = new Map<number, LoadedProgram>();

  constructor(
    private readonly ort: Ort,
    private readonly settings: SessionSettings,
  ) {
    this.memory = new Memory(ort, settings);
  }

  /** Sends one number to the device and back, so that a missing device fails now and not in the first run. */
  async open(): Promise<undefined> {
    await this.memory.toHost(await this.memory.toDevice({ dtype: 'float32', shape: [1], data: Float32Array.of(1) }));
    return undefined;
  }

  async compile({ program, model }: Calls['compile']['request']): Promise<Signature> {
    const session = await createSession(this.ort, model, this.settings, 'device');
    const signature = { inputs: session.inputMetadata.map(valueInfo), outputs: session.outputMetadata.map(valueInfo) };
    this.programs.set(program, { session, signature, copies: new Map() });
    return signature;
  }

  async release({ program }: Calls['release']['request']): Promise<undefined> {
    const loaded = this.programs.get(program);
    this.programs.delete(program);
    await this.memory.adopt(program);
    await loaded?.session.release();
    return undefined;
  }

  async write({ slot, value }: Calls['write']['request']): Promise<undefined> {
    this.memory.set(slot, await this.memory.toDevice(value));
    return undefined;
  }

  async read({ slot }: Calls['read']['request']): Promise<Tensor> {
    return this.memory.toHost(this.memory.get(slot));
  }

  async free({ slot }: Calls['free']['request']): Promise<undefined> {
    this.memory.free(slot);
    return undefined;
  }

  async run(request: RunRequest): Promise<readonly Tensor[]> {
    const loaded = this.programs.get(request.program);
    if (loaded === undefined) throw new Error('the program was released');
    const { outputs } = loaded.signature;

    const wanted = [...request.wanted].map((position) => nameAt(outputs, position));
    const updates = new Map<string, number>();
    request.updates.forEach((slot, position) => {
      if (slot >= 0) updates.set(nameAt(outputs, position), slot);
    });

    // A session with outputs on the GPU requires all of them.
    const needed = providerOf(this.settings.kind).sharesHostMemory
      ? [...wanted, ...updates.keys()]
      : outputs.map(({ name }) => name);
    const fetches = [...new Set(needed)];
    const results = new Map(Object.entries(await loaded.session.run(this.feeds(loaded, request), fetches)));
    try {
      for (const [name, slot] of updates) checkUpdate(name, resultOf(results, name), this.memory.get(slot));
      const answer: Tensor[] = [];
      for (const name of wanted) answer.push(await this.memory.toHost(resultOf(results, name)));
      for (const [name, slot] of updates) {
        this.memory.set(slot, resultOf(results, name), request.program);
        results.delete(name);
      }
      return answer;
    } finally {
      for (const unused of results.values()) unused.dispose();
    }
  }

  async close(): Promise<undefined> {
    await this.memory.close();
    for (const { session } of this.programs.values()) await session.release();
    this.programs.clear();
    return undefined;
  }

  private feeds({ signature: { inputs }, copies }: LoadedProgram, request: RunRequest): Record<string, OrtTensor> {
    const feeds: Record<string, OrtTensor> = {};
    let hostInputs = 0;
    inputs.forEach(({ name }, position) => {
      const slot = request.slots[position] ?? -1;
      const host = slot >= 0 ? undefined : request.host[hostInputs++];
      if (host === undefined) feeds[name] = this.memory.get(slot);
      else feeds[name] = this.memory.wrap(isShared(host) ? copied(name, host, copies) : host);
    });
    return feeds;
  }
}

/** A copy of a tensor, in the previous one's memory if it fits. */
function copied(name: string, value: Tensor, copies: Map<string, Tensor>): Tensor {
  const before = copies.get(name);
  if (before?.data.byteLength !== value.data.byteLength) {
    const copy = { ...value, data: value.data.slice() };
    copies.set(name, copy);
    return copy;
  }
  bytesOf(before).set(bytesOf(value));
  return { ...value, data: before.data };
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function nameAt(outputs: readonly ValueInfo[], position: number): string {
  const output = outputs[position];
  if (output === undefined) throw new RangeError(`the program has no output at position ${position}`);
  return output.name;
}

function resultOf(results: ReadonlyMap<string, OrtTensor>, name: string): OrtTensor {
  const result = results.get(name);
  if (result === undefined) throw new Error(`output '${name}' was not computed`);
  return result;
}

/** A device tensor keeps its dtype and shape for life. */
function checkUpdate(name: string, value: OrtTensor, current: OrtTensor): void {
  if (value.type === current.type && sameShape(value.dims, current.dims)) return;
  const types = [value, current].map(({ type, dims }) => formatType(type, dims));
  throw new Error(`output '${name}' is ${types[0]} and cannot update a device tensor that is ${types[1]}`);
}
