/**
 * The device's tensors, in numbered slots, and their way to and from the host.
 *
 * On the CPU a slot is an ordinary array. On a GPU it is a buffer that must be disposed by hand, and that is read and
 * written through a session of its own (see identityModel.ts).
 */
import { tensor, type DType, type Storage, type Tensor } from '../tensor/tensor.js';
import { identityModel } from './identityModel.js';
import { createSession, isDType, type Ort, type OrtSession, type OrtTensor, type SessionSettings } from './ort.js';

export class Memory {
  private readonly slots = new Map<number, OrtTensor>();
  private readonly copiers = new Map<string, Promise<OrtSession>>();

  constructor(
    private readonly ort: Ort,
    private readonly settings: SessionSettings,
  ) {}

  get(slot: number): OrtTensor {
    const value = this.slots.get(slot);
    if (value === undefined) throw new Error(`device tensor ${slot} holds nothing`);
    return value;
  }

  /** Puts `value` in the slot and gives back the memory of what was there. */
  set(slot: number, value: OrtTensor): void {
    this.free(slot);
    this.slots.set(slot, value);
  }

  free(slot: number): void {
    this.slots.get(slot)?.dispose();
    this.slots.delete(slot);
  }

  /** A host tensor as ONNX Runtime takes it, without a copy. */
  wrap(value: Tensor): OrtTensor {
    return new this.ort.Tensor(value.dtype, value.data, value.shape);
  }

  async toDevice(value: Tensor): Promise<OrtTensor> {
    const wrapped = this.wrap(value);
    return this.settings.kind === 'cpu' ? wrapped : this.copy(wrapped, value.dtype, 'device');
  }

  /** A copy on the host in a buffer of its own, which may be transferred to another thread (ONNX Runtime's may not). */
  async toHost(value: OrtTensor): Promise<Tensor> {
    const dtype = value.type;
    if (!isDType(dtype)) throw new Error(`a ${dtype} tensor cannot be read; cast it in the graph`);
    const onHost = value.location === 'cpu' ? value : await this.copy(value, dtype, 'host');
    const data = onHost.data as Storage[DType];
    return tensor(dtype, [...value.dims], data.slice());
  }

  async close(): Promise<void> {
    for (const slot of [...this.slots.keys()]) this.free(slot);
    for (const copier of this.copiers.values()) await (await copier).release();
    this.copiers.clear();
  }

  private async copy(value: OrtTensor, dtype: DType, to: 'device' | 'host'): Promise<OrtTensor> {
    const key = `${dtype} to ${to}`;
    const copier = this.copiers.get(key) ?? createSession(this.ort, identityModel(dtype), this.settings, to);
    this.copiers.set(key, copier);
    const { y } = await (await copier).run({ x: value });
    if (y === undefined) throw new Error('the copying model returned nothing');
    return y;
  }
}
