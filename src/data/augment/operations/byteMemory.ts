import { byteKernels, VECTOR } from '../../kernels/byteKernels.js';
import type { ByteKernels } from '../../kernels/byteKernels.js';
import { reserve } from '../../kernels/compile.js';

/**
 * Bytes of an image in the memory of the kernels, with room for a result and for other things, and a vector's bytes around each;
 * addresses are bytes there.
 */
export interface ByteMemory {
  readonly kernels: ByteKernels;
  readonly bytes: Uint8Array;
  readonly source: number;
  readonly target: number;
  /** At a multiple of 8. */
  readonly extra: number;
}

/** Memory of WebAssembly never shrinks: beyond this it is let go after use. */
const KEPT_BYTES = 2 ** 24;

let kept: ByteKernels | undefined;

/** What `run` gives, with a copy of `pixels` and `extraBytes` in memory. What it returns must not be a view of it. */
export function withBytes<T>(pixels: Uint8Array, extraBytes: number, run: (memory: ByteMemory) => T): T {
  kept ??= byteKernels();
  const kernels = kept;
  const room = (Math.ceil(pixels.length / VECTOR) + 1) * VECTOR;
  const [source, target, extra] = [VECTOR, VECTOR + room, VECTOR + 2 * room];
  reserve(kernels.memory, extra + extraBytes);
  const bytes = new Uint8Array(kernels.memory.buffer);
  bytes.set(pixels, source);
  const result = run({ kernels, bytes, source, target, extra });
  if (bytes.length > KEPT_BYTES) kept = undefined;
  return result;
}
