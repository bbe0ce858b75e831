import type { DType, Shape, Tensor } from '../tensor/tensor.js';
import type { EngineThread } from './engineThread.js';
import { formatType, sameShape } from './signature.js';

/**
 * A tensor that lives on a device. Its dtype and shape are fixed; writes and runs change its content. It belongs to the
 * device that made it until it is freed.
 */
export class DeviceTensor<D extends DType = DType> {
  private freed = false;

  constructor(
    private readonly owner: EngineThread,
    private readonly slot: number,
    readonly dtype: D,
    readonly shape: Shape,
  ) {}

  /** The tensor's slot on this device. Throws when it was freed or belongs to another device. */
  slotOn(owner: EngineThread): number {
    if (this.owner !== owner) throw new Error(`a ${this.describe()} device tensor belongs to another device`);
    if (this.freed) throw new Error(`a ${this.describe()} device tensor was used after it was freed`);
    return this.slot;
  }

  markFreed(): void {
    this.freed = true;
  }

  /** Throws when `value` has another dtype or shape. */
  checkFits(value: Tensor): void {
    if (value.dtype === this.dtype && sameShape(value.shape, this.shape)) return;
    throw new Error(
      `${formatType(value.dtype, value.shape)} cannot be written to a device tensor that is ${this.describe()}`,
    );
  }

  private describe(): string {
    return formatType(this.dtype, this.shape);
  }
}
