import type { DType, Shape, Tensor } from '../../tensor/tensor.js';
import { formatType } from '../signature.js';
import type { Core } from './core.js';
import { HostTensor } from './hostTensor.js';

/**
 * The device's tensors in numbered slots, and spare memory for what replaces them: a run reads the one and writes the
 * other, then they change places.
 */
export class Slots {
  private readonly slots = new Map<number, HostTensor>();
  /** By dtype and shape: how many slots have it, and memory that no slot uses. */
  private readonly kinds = new Map<string, { slots: number; readonly spares: HostTensor[] }>();

  constructor(private readonly core: Core) {}

  get(slot: number): HostTensor {
    const content = this.slots.get(slot);
    if (content === undefined) throw new Error(`device tensor ${slot} holds nothing`);
    return content;
  }

  /** Copies a host tensor into a slot, which keeps its dtype and shape for life. */
  write(slot: number, value: Tensor): void {
    const content = this.slots.get(slot) ?? this.create(slot, value);
    const { buffer, byteOffset, byteLength } = value.data;
    content.bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Memory like that of a slot, with any content. To be returned by {@link replace} or {@link giveBack}. */
  spareOf(slot: number): HostTensor {
    const { dtype, shape } = this.get(slot).value;
    return this.kind(dtype, shape).spares.pop() ?? this.allocate(dtype, shape);
  }

  /** Puts memory from {@link spareOf} into the slot, and keeps the slot's as a spare. */
  replace(slot: number, content: HostTensor): void {
    const before = this.get(slot);
    this.slots.set(slot, content);
    this.giveBack(before);
  }

  /** Puts a value of the slot's dtype and shape, made elsewhere, into the slot. */
  adopt(slot: number, value: Tensor): void {
    this.get(slot).free();
    this.slots.set(slot, HostTensor.over(this.core, value));
  }

  giveBack(spare: HostTensor): void {
    this.kind(spare.value.dtype, spare.value.shape).spares.push(spare);
  }

  free(slot: number): void {
    const content = this.slots.get(slot);
    if (content === undefined) return;
    this.slots.delete(slot);
    content.free();
    const kind = this.kind(content.value.dtype, content.value.shape);
    kind.slots--;
    while (kind.spares.length > kind.slots) kind.spares.pop()?.free();
  }

  close(): void {
    for (const slot of [...this.slots.keys()]) this.free(slot);
  }

  private create(slot: number, { dtype, shape }: Tensor): HostTensor {
    const content = this.allocate(dtype, shape);
    this.slots.set(slot, content);
    this.kind(dtype, shape).slots++;
    return content;
  }

  private allocate(dtype: DType, shape: Shape): HostTensor {
    return HostTensor.create(this.core, dtype, shape);
  }

  private kind(dtype: DType, shape: Shape): { slots: number; readonly spares: HostTensor[] } {
    const key = formatType(dtype, shape);
    const known = this.kinds.get(key) ?? { slots: 0, spares: [] };
    this.kinds.set(key, known);
    return known;
  }
}
