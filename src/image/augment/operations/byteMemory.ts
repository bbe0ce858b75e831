import { keepingKernels, type Kernels } from '../../kernels/kernels.js';
import { VECTOR } from '../../kernels/layout.js';

/**
 * Bytes of an image in the kernels' memory, with space for a result and other data, each padded by a vector. Addresses
 * are in bytes.
 */
export interface ByteMemory {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
  readonly source: number;
  readonly target: number;
  /** Aligned to 8 bytes. */
  readonly extra: number;
}

const withKernels = keepingKernels(2 ** 24);

/** The result of `run`, with a copy of `pixels` and `extraBytes` in memory. It must not be a view of that memory. */
export function withBytes<T>(pixels: Uint8Array, extraBytes: number, run: (memory: ByteMemory) => T): T {
  const room = (Math.ceil(pixels.length / VECTOR) + 1) * VECTOR;
  const [source, target, extra] = [VECTOR, VECTOR + room, VECTOR + 2 * room];
  return withKernels(extra + extraBytes, (kernels) => {
    const bytes = new Uint8Array(kernels.memory.buffer);
    bytes.set(pixels, source);
    return run({ kernels, bytes, source, target, extra });
  });
}
