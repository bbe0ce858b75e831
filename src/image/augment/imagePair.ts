import { keepingKernels } from '../kernels/kernels.js';
import { BYTES_AT_A_TIME } from '../kernels/layout.js';

/** An image in floating point. */
export interface FloatImage {
  readonly values: Float32Array;
  /** Copies `bytes` (same length) into the values. */
  setBytes(bytes: Uint8Array): void;
}

/** Two images of a batch to mix with each other, in the kernels' memory. */
export interface ImagePair {
  readonly own: FloatImage;
  readonly partner: FloatImage;
  /** λ · own + (1 − λ) · partner and the other way round, each product and sum rounded to float32 as PyTorch does it. */
  blend(lambda: number): void;
}

const withKernels = keepingKernels(2 ** 24);

/** Calls `use` with memory for two images of `length` values; the content is undefined before and after the call. */
export function withPair(length: number, use: (pair: ImagePair) => void): void {
  const room = Math.ceil(length / BYTES_AT_A_TIME) * BYTES_AT_A_TIME;
  const floats = room * Float32Array.BYTES_PER_ELEMENT;
  const [own, partner, bytes] = [0, floats, 2 * floats];
  withKernels(bytes + room, ({ memory, bytesToFloats, blendFloats }) => {
    const imageAt = (address: number): FloatImage => ({
      values: new Float32Array(memory.buffer, address, length),
      setBytes(values) {
        new Uint8Array(memory.buffer).set(values, bytes);
        bytesToFloats(bytes, length, address);
      },
    });
    use({
      own: imageAt(own),
      partner: imageAt(partner),
      blend(lambda) {
        blendFloats(own, partner, floats, lambda, 1 - lambda);
      },
    });
  });
}
