import { sizeOf, type DType, type Shape, type Tensor } from '../../tensor/tensor.js';
import { formatType } from '../signature.js';
import { STORAGE, type Core } from './core.js';
import type { Handle } from './api.js';

/** A tensor in JavaScript's memory that OpenVINO reads and writes in place. */
export class HostTensor {
  readonly handle: Handle;

  private constructor(
    private readonly core: Core,
    readonly value: Tensor,
  ) {
    // Asking for the buffer moves the data of a small array out of the heap, where it would not stay in place.
    this.handle = core.api.wrap(core.elementTypes[value.dtype], value.shape, this.bytes);
  }

  /** Wraps a tensor without a copy. */
  static over(core: Core, value: Tensor): HostTensor {
    return new HostTensor(core, value);
  }

  /** A tensor of zeros in memory of its own, which can be transferred to another thread. */
  static create(core: Core, dtype: DType, shape: Shape): HostTensor {
    return new HostTensor(core, {
      dtype,
      shape,
      data: new STORAGE[dtype](new ArrayBuffer(sizeOf(shape) * STORAGE[dtype].BYTES_PER_ELEMENT)),
    });
  }

  get bytes(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.value.data;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Frees OpenVINO's side; the memory is JavaScript's. */
  free(): void {
    this.core.api.freeTensor(this.handle);
  }
}

/** A device tensor keeps its dtype and shape for life: throws when an output does not fit the tensor that it updates. */
export function checkUpdate(name: string, output: Omit<Tensor, 'data'>, current: Tensor): void {
  const [found, expected] = [output, current].map(({ dtype, shape }) => formatType(dtype, shape));
  if (found === expected) return;
  throw new Error(`output '${name}' is ${found} and cannot update a device tensor that is ${expected}`);
}
