import { keepingKernels, type Kernels } from '../../kernels/kernels.js';
import { VECTOR } from '../../kernels/layout.js';

/**
 * Bytes of an image in the memory of the kernels, with room for a result and for other things, and a vector's bytes around each;
 * addresses are bytes there.
 */
export interface ByteMemory {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array;
  readonly source: number;
  readonly target: number;
  /** At a multiple of 8. */
  readonly extra: number;
}

const withKernels = keepingKernels(2 ** 24);

/** What `run` gives, with a copy of `pixels` and `extraBytes` in memory. What it returns must not be a view of it. */
export function withBytes<T>(pixels: Uint8Array, extraBytes: number, run: (memory: ByteMemory) => T): T {
  const room = (Math.ceil(pixels.length / VECTOR) + 1) * VECTOR;
  const [source, target, extra] = [VECTOR, VECTOR + room, VECTOR + 2 * room];
  return withKernels(extra + extraBytes, (kernels) => {
    const bytes = new Uint8Array(kernels.memory.buffer);
    bytes.set(pixels, source);
    return run({ kernels, bytes, source, target, extra });
  });
}
