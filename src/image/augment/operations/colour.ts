import { BYTES_AT_A_TIME } from '../../kernels/layout.js';
import type { Image } from '../../image.js';
import { withBytes } from './byteMemory.js';

/** With factor 0 the image is grey, with 1 as it was, beyond more colourful. */
export function colour({ size, pixels }: Image, factor: number): Image {
  const plane = size * size;
  // The last pixels of a plane run over into the next, which would be written too early: planes of the result lie apart.
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
