import type { Region } from './augment/randomResizedCrop.js';

/** An RGB image as decoders give it: bytes [height, width, 3], row-major. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A filter by the half width of its kernel, in pixels of the coarser image, and its value at a distance. */
interface Kernel {
  readonly support: number;
  readonly at: (distance: number) => number;
}

const KERNELS = {
  /** Keys' cubic with a = -0.5. */
  bicubic: {
    support: 2,
    at(x) {
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
  bilinear: { support: 1, at: (x) => (x < 1 ? 1 - x : 0) },
} satisfies Record<string, Kernel>;

export type Filter = keyof typeof KERNELS;

/** Settings of {@link resize}. */
export interface ResizeOptions {
  /** Bicubic if left out. */
  readonly filter?: Filter;
  /** The part of the image to resize, as if the rest were not there; everything if left out. */
  readonly crop?: Region;
  /** The part of the result that is wanted; everything if left out. Nothing else is computed. */
  readonly view?: Region;
}

/** Weights are whole multiples of 2^-22, the most that leaves room for 8-bit pixels in 32 bits. */
const PRECISION = 22;
const ONE = 1 << PRECISION;
const HALF = ONE >> 1;

/**
 * Resizes as Pillow's `Image.resize` does, bit for bit: the kernel is as wide as an output pixel where the image shrinks,
 * its taps outside of the image are left out and the others sum to one again, weights are fixed-point, rows
 * are resized first and rounded to 8 bits, then columns.
 *
 * Returns planes [3, view.height, view.width].
 */
export function resize(image: Raster, width: number, height: number, options: ResizeOptions = {}): Uint8Array {
  const crop = options.crop ?? { left: 0, top: 0, width: image.width, height: image.height };
  const view = options.view ?? { left: 0, top: 0, width, height };
  const { support, at }: Kernel = KERNELS[options.filter ?? 'bicubic'];
  const across = tapsOf(crop.width, width, view.left, view.width, support, at);
  const down = tapsOf(crop.height, height, view.top, view.height, support, at);
  // Only the rows that the second pass reads.
  const first = down.starts[0];
  const rows = down.starts[view.height - 1] + down.counts[view.height - 1] - first;
  const rowsResized = new Uint8Array(3 * rows * view.width);
  resizeRows(image, { ...crop, top: crop.top + first, height: rows }, across, rowsResized);
  return resizeColumns(rowsResized, view.width, first, down);
}

/** For each output pixel: the first input pixel it reads, how many, and their weights, `most` slots each. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly most: number;
}

function tapsOf(
  from: number,
  to: number,
  first: number,
  length: number,
  support: number,
  at: (distance: number) => number,
): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const narrow = 1 / stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const starts = new Int32Array(length);
  const counts = new Int32Array(length);
  const weights = new Int32Array(length * most);
  const exact = new Float64Array(most);
  for (let place = 0; place < length; place++) {
    const centre = (first + place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(from, Math.trunc(centre + reach + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      exact[tap] = at(Math.abs((tap + start - centre + 0.5) * narrow));
      sum += exact[tap];
    }
    for (let tap = 0; tap < count; tap++) {
      const weight = (sum === 0 ? exact[tap] : exact[tap] / sum) * ONE;
      weights[place * most + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    starts[place] = start;
    counts[place] = count;
  }
  return { starts, counts, weights, most };
}

/** Rows of `region` to [rows, 3, width]: channels apart, so that columns are resized in long runs. */
function resizeRows(image: Raster, region: Region, taps: Taps, resized: Uint8Array): void {
  const { pixels } = image;
  const { starts, counts, weights, most } = taps;
  const width = starts.length;
  for (let row = 0; row < region.height; row++) {
    const source = 3 * ((region.top + row) * image.width + region.left);
    const target = 3 * row * width;
    for (let x = 0; x < width; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = source + 3 * starts[x];
      const end = x * most + counts[x];
      for (let tap = x * most; tap < end; tap++, from += 3) {
        const weight = weights[tap];
        red = (red + Math.imul(pixels[from], weight)) | 0;
        green = (green + Math.imul(pixels[from + 1], weight)) | 0;
        blue = (blue + Math.imul(pixels[from + 2], weight)) | 0;
      }
      resized[target + x] = toByte(red);
      resized[target + width + x] = toByte(green);
      resized[target + 2 * width + x] = toByte(blue);
    }
  }
}

/** [rows, 3, width], whose first row is `first` of the image, to planes [3, height, width]. */
function resizeColumns(rows: Uint8Array, width: number, first: number, taps: Taps): Uint8Array {
  const { starts, counts, weights, most } = taps;
  const height = starts.length;
  const plane = height * width;
  const line = 3 * width;
  const planes = new Uint8Array(3 * plane);
  for (let y = 0; y < height; y++) {
    const firstTap = y * most;
    const end = firstTap + counts[y];
    const top = (starts[y] - first) * line;
    for (let channel = 0; channel < 3; channel++) {
      const source = top + channel * width;
      const target = channel * plane + y * width;
      for (let x = 0; x < width; x++) {
        let sum = HALF;
        for (let tap = firstTap, from = source + x; tap < end; tap++, from += line) {
          sum = (sum + Math.imul(rows[from], weights[tap])) | 0;
        }
        planes[target + x] = toByte(sum);
      }
    }
  }
  return planes;
}

function toByte(sum: number): number {
  const value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
