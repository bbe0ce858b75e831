import { keepingKernels } from '../kernels/compile.js';
import { FLOATS_AT_A_TIME, floatKernels } from '../kernels/floatKernels.js';

/** An image as real numbers. */
export interface FloatImage {
  readonly values: Float32Array;
  /** Sets the values to bytes, as many. */
  setBytes(bytes: Uint8Array): void;
}

/** Two images of a batch that are mixed with each other, in the memory of the kernels. */
export interface ImagePair {
  readonly own: FloatImage;
  readonly partner: FloatImage;
  /** λ · own + (1 − λ) · partner and the other way round, each product and sum rounded to float32 as PyTorch does it. */
  blend(lambda: number): void;
}

const withKernels = keepingKernels(floatKernels, 2 ** 24);

/** Calls `use` with room for two images of `length` values, of any content; they are gone after it. */
export function withPair(length: number, use: (pair: ImagePair) => void): void {
  const room = Math.ceil(length / FLOATS_AT_A_TIME) * FLOATS_AT_A_TIME;
  const floats = room * Float32Array.BYTES_PER_ELEMENT;
  const [own, partner, weights, bytes] = [0, floats, 2 * floats, 2 * floats + 2 * Float32Array.BYTES_PER_ELEMENT];
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
        new Float32Array(memory.buffer, weights, 2).set([lambda, 1 - lambda]);
        blendFloats(own, partner, floats, weights, weights + Float32Array.BYTES_PER_ELEMENT);
      },
    });
  });
}
