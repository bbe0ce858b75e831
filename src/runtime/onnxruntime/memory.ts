/**
 * The device's tensors in numbered slots, and transfers to and from the host.
 *
 * On the CPU a slot holds an ordinary array. On a GPU it holds a buffer that is disposed explicitly, and read and
 * written through a separate session (see identityModel.ts). It must not outlive the session that made it: disposing
 * such a buffer crashes the process.
 */
import { isShared, tensor, type DType, type Storage, type Tensor } from '../../tensor/tensor.js';
import { identityModel } from '../identityModel.js';
import { createSession, isDType, type Ort, type OrtSession, type OrtTensor, type SessionSettings } from './ort.js';
import { providerOf } from './providers.js';

interface Slot {
  readonly value: OrtTensor;
  /** The program whose run made the value; undefined if it came from the host. */
  readonly maker: number | undefined;
}

export class Memory {
  private readonly slots = new Map<number, Slot>();
  private readonly copiers = new Map<string, Promise<OrtSession>>();

  constructor(
    private readonly ort: Ort,
    private readonly settings: SessionSettings,
  ) {}

  get(slot: number): OrtTensor {
    const content = this.slots.get(slot);
    if (content === undefined) throw new Error(`device tensor ${slot} holds nothing`);
    return content.value;
  }

  /** Puts a value from the program `maker`, or from the host, into the slot and disposes the old one. */
  set(slot: number, value: OrtTensor, maker?: number): void {
    this.free(slot);
    this.slots.set(slot, { value, maker });
  }

  /** Makes the slots independent of a program's session before it is released. */
  async adopt(program: number): Promise<void> {
    if (providerOf(this.settings.kind).sharesHostMemory) return;
    for (const [slot, { value, maker }] of [...this.slots]) {
      if (maker === program) this.set(slot, await this.copy(value, 'device'));
    }
  }

  free(slot: number): void {
    this.slots.get(slot)?.value.dispose();
    this.slots.delete(slot);
  }

  /** A host tensor in unshared memory as an ONNX Runtime tensor, without a copy. */
  wrap(value: Tensor): OrtTensor {
    return new this.ort.Tensor(value.dtype, value.data, value.shape);
  }

  async toDevice(value: Tensor): Promise<OrtTensor> {
    const wrapped = this.wrap(isShared(value) ? { ...value, data: value.data.slice() } : value);
    return providerOf(this.settings.kind).sharesHostMemory ? wrapped : this.copy(wrapped, 'device');
  }

  /** A host copy in its own buffer, which can be transferred to another thread (ONNX Runtime's cannot). */
  async toHost(value: OrtTensor): Promise<Tensor> {
    const onHost = value.location === 'cpu' ? value : await this.copy(value, 'host');
    const data = onHost.data as Storage[DType];
    return tensor(dtypeOf(value), [...value.dims], data.slice());
  }

  async close(): Promise<void> {
    for (const slot of [...this.slots.keys()]) this.free(slot);
    for (const copier of this.copiers.values()) await (await copier).release();
    this.copiers.clear();
  }

  private async copy(value: OrtTensor, to: 'device' | 'host'): Promise<OrtTensor> {
    const dtype = dtypeOf(value);
    const key = `${dtype} to ${to}`;
    const copier = this.copiers.get(key) ?? createSession(this.ort, identityModel(dtype), this.settings, to);
    this.copiers.set(key, copier);
    const { y } = await (await copier).run({ x: value });
    if (y === undefined) throw new Error('the copying model returned nothing');
    return y;
  }
}

function dtypeOf({ type }: OrtTensor): DType {
  if (isDType(type)) return type;
  throw new Error(`a ${type} tensor cannot be moved; cast it in the graph`);
}
