import { BYTES_AT_A_TIME } from '../../kernels/layout.js';
import type { Image } from '../../image.js';
import { withBytes } from './byteMemory.js';

/** Factor 0 gives grey, 1 the original, more a more colourful image. */
export function colour({ size, pixels }: Image, factor: number): Image {
  const plane = size * size;
  // Kernels write past the end of a plane, so the result's planes are padded apart.
  const apart = Math.ceil(plane / BYTES_AT_A_TIME) * BYTES_AT_A_TIME;
  const padded = new Uint8Array(3 * apart);
  for (let channel = 0; channel < 3; channel++) {
    padded.set(pixels.subarray(channel * plane, (channel + 1) * plane), channel * apart);
  }
  const blended = new Uint8Array(pixels.length);
  withBytes(padded, 0, ({ kernels, bytes, source, target }) => {
    kernels.recolour(source, apart, plane, factor, target);
    for (let channel = 0; channel < 3; channel++) {
      const from = target + channel * apart;
      blended.set(bytes.subarray(from, from + plane), channel * plane);
    }
  });
  return { size, pixels: blended };
}
