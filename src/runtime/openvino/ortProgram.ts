import { isShared, type Tensor } from '../../tensor/tensor.js';
import { createSession, isDType, valueInfo, type Ort, type OrtSession, type OrtTensor } from '../onnxruntime/ort.js';
import type { RunRequest } from '../protocol.js';
import type { Signature } from '../signature.js';
import { checkUpdate } from './hostTensor.js';
import type { Slots } from './slots.js';

/**
 * A program that ONNX Runtime runs on the openvino device, on the same memory, without a copy: what trains a supernet or
 * its statistics. OpenVINO can compile such a program if all arms of a branch agree on the ranks of its outputs, but is
 * slower at it and takes more memory; docs/engine.md has the figures.
 */
export class OrtProgram {
  private constructor(
    private readonly ort: Ort,
    private readonly session: OrtSession,
    readonly signature: Signature,
  ) {}

  static async compile(model: Uint8Array, threads: number): Promise<OrtProgram> {
    const { ort } = await import('../onnxruntime/ort.node.js');
    const session = await createSession(ort, model, { kind: 'cpu', threads }, 'host');
    const signature = { inputs: session.inputMetadata.map(valueInfo), outputs: session.outputMetadata.map(valueInfo) };
    return new OrtProgram(ort, session, signature);
  }

  async run(request: RunRequest, slots: Slots): Promise<readonly Tensor[]> {
    const names = this.signature.outputs.map(({ name }) => name);
    const wanted = [...request.wanted].map((output) => names[output] ?? '');
    const updates = names.flatMap((name, output) => {
      const slot = request.updates[output] ?? -1;
      return slot >= 0 ? [{ name, slot }] : [];
    });
    const fetches = [...new Set([...wanted, ...updates.map(({ name }) => name)])];
    const results = await this.session.run(this.feeds(request, slots), fetches);
    const values = new Map(fetches.map((name) => [name, hostValue(name, results[name])]));
    for (const { name, slot } of updates) checkUpdate(name, valueOf(values, name), slots.get(slot).value);
    // Copies: memory of ONNX Runtime's cannot be transferred to another thread.
    const answer = wanted.map((name) => {
      const value = valueOf(values, name);
      return { ...value, data: value.data.slice() };
    });
    for (const { name, slot } of updates) slots.adopt(slot, valueOf(values, name));
    return answer;
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private feeds({ slots: numbers, host }: RunRequest, slots: Slots): Record<string, OrtTensor> {
    let next = 0;
    const feeds: Record<string, OrtTensor> = {};
    this.signature.inputs.forEach(({ name }, position) => {
      const slot = numbers[position] ?? -1;
      const value = slot >= 0 ? slots.get(slot).value : host[next++];
      if (value === undefined) return;
      // ONNX Runtime takes no shared memory.
      const data = isShared(value) ? value.data.slice() : value.data;
      feeds[name] = new this.ort.Tensor(value.dtype, data, value.shape);
    });
    return feeds;
  }
}

function hostValue(name: string, value: OrtTensor | undefined): Tensor {
  if (value === undefined || !isDType(value.type)) throw new Error(`output '${name}' was not computed`);
  return { dtype: value.type, shape: [...value.dims], data: value.data as Tensor['data'] };
}

function valueOf(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`output '${name}' was not computed`);
  return value;
}
