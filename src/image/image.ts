/** A square RGB image, channels first: bytes [3, size, size], row-major. */
export interface Image {
  readonly size: number;
  readonly pixels: Uint8Array;
}

/** Bytes of one square RGB image. */
export function bytesOf(size: number): number {
  return 3 * size * size;
}

/** Interleaved bytes [size, size, 3], as in image libraries, to planes [3, size, size]. */
export function toPlanes(interleaved: Uint8Array, size: number): Image {
  const plane = size * size;
  const pixels = new Uint8Array(3 * plane);
  for (let position = 0, from = 0; position < plane; position++) {
    pixels[position] = interleaved[from++];
    pixels[position + plane] = interleaved[from++];
    pixels[position + 2 * plane] = interleaved[from++];
  }
  return { size, pixels };
}

/** Planes [3, size, size] to interleaved bytes [size, size, 3]. */
export function toInterleaved({ pixels, size }: Image): Uint8Array {
  const plane = size * size;
  const interleaved = new Uint8Array(3 * plane);
  for (let position = 0, to = 0; position < plane; position++) {
    interleaved[to++] = pixels[position];
    interleaved[to++] = pixels[position + plane];
    interleaved[to++] = pixels[position + 2 * plane];
  }
  return interleaved;
}
