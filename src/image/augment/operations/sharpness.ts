import type { Image } from '../../image.js';
import { withBytes } from './byteMemory.js';

/** Factor 0 gives a smoothed image, 1 the original, more a sharper one. The outermost pixels stay unchanged. */
export function sharpness({ size, pixels }: Image, factor: number): Image {
  const blended = pixels.slice();
  if (size < 3) return { size, pixels: blended };
  withBytes(pixels, 0, ({ kernels, bytes, source, target }) => {
    for (let channel = 0; channel < 3; channel++) {
      // Run from the first pixel with eight neighbours to the last in one go; row ends in between come out wrong and
      // are fixed below.
      const first = (channel * size + 1) * size + 1;
      const end = first + (size - 2) * size - 2;
      kernels.sharpen(source + first, size, end - first, factor, target + first);
      blended.set(bytes.subarray(target + first, target + end), first);
      for (let row = first - 1 + size; row < end; row += size) {
        blended[row - 1] = pixels[row - 1];
        blended[row] = pixels[row];
      }
    }
  });
  return { size, pixels: blended };
}
