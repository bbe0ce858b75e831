import type { Region } from './augment/randomResizedCrop.js';
import { LANES, PRECISION, resizeKernels, TAPS_AT_A_TIME } from './kernels/resizeKernels.js';
import type { ResizeKernels } from './kernels/resizeKernels.js';

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

const ONE = 1 << PRECISION;

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
  const kernel: Kernel = KERNELS[options.filter ?? 'bicubic'];
  const across = tapsOf(crop.width, width, [view.left, view.width], kernel);
  const down = tapsOf(crop.height, height, [view.top, view.height], kernel);
  return inKernels(image, crop, across, down);
}

/** For each output pixel: the first input pixel it reads, how many, and their weights, `most` slots each. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly most: number;
}

/** The taps of the output pixels `first` ... `first + length` − 1 of a line that is resized from `from` pixels to `to`. */
function tapsOf(from: number, to: number, [first, length]: readonly [number, number], { support, at }: Kernel): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const narrow = 1 / stretch;
  // Whole groups, since that is how a row's taps are read.
  const most = upToMultiple(2 * Math.ceil(reach) + 1, TAPS_AT_A_TIME);
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

/** Bytes of the image that the kernels are given at a time. */
const SOURCE_BYTES = 2 ** 20;
/** Memory of WebAssembly never shrinks: beyond this it is let go after use. */
const KEPT_BYTES = 2 ** 26;
const PAGE = 2 ** 16;

let kernels: ResizeKernels | undefined;

function inKernels(image: Raster, crop: Region, across: Taps, down: Taps): Uint8Array {
  const width = across.starts.length;
  const height = down.starts.length;
  // Only the rows that the second pass reads.
  const first = down.starts[0];
  const rows = down.starts[height - 1] + down.counts[height - 1] - first;
  const sourceLine = 3 * image.width;
  const rowsAtATime = Math.max(1, Math.min(rows, Math.floor(SOURCE_BYTES / sourceLine)));
  const groups = Math.ceil(across.counts.reduce((most, count) => Math.max(most, count)) / TAPS_AT_A_TIME);
  const line = upToMultiple(width, LANES);

  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end = upToMultiple(start + bytes, LANES);
    return start;
  };
  const acrossStarts = place(4 * width);
  const acrossWeights = place(4 * width * groups * TAPS_AT_A_TIME);
  const downStarts = place(4 * height);
  const downCounts = place(4 * height);
  const downWeights = place(4 * height * down.most);
  const narrowed = place(3 * rows * line);
  const result = place(3 * height * width + LANES);
  // Groups are whole even where fewer taps are left, and vectors even where fewer bytes are.
  const source = place(rowsAtATime * sourceLine + 3 * groups * TAPS_AT_A_TIME + LANES);

  kernels ??= resizeKernels();
  const { memory, resizeRows, resizeColumns } = kernels;
  if (memory.buffer.byteLength < end) memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE));
  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  const put = (address: number, values: Int32Array): void => words.set(values, address / 4);
  put(
    acrossStarts,
    across.starts.map((start) => 3 * (crop.left + start)),
  );
  for (let x = 0; x < width; x++) {
    const from = x * across.most;
    put(acrossWeights + 4 * x * groups * TAPS_AT_A_TIME, across.weights.subarray(from, from + groups * TAPS_AT_A_TIME));
  }
  put(
    downStarts,
    down.starts.map((start) => (start - first) * line),
  );
  put(downCounts, down.counts);
  put(downWeights, down.weights);

  const plane = rows * line;
  for (let row = 0; row < rows; row += rowsAtATime) {
    const count = Math.min(rowsAtATime, rows - row);
    const from = (crop.top + first + row) * sourceLine;
    bytes.set(image.pixels.subarray(from, from + count * sourceLine), source);
    const to = narrowed + row * line;
    resizeRows(source, sourceLine, count, acrossStarts, acrossWeights, groups, width, to, line, plane);
  }
  for (let channel = 0; channel < 3; channel++) {
    const from = narrowed + channel * plane;
    const to = result + channel * height * width;
    resizeColumns(from, line, downStarts, downCounts, downWeights, down.most, height, width, to);
  }
  if (bytes.length > KEPT_BYTES) kernels = undefined;
  return bytes.slice(result, result + 3 * height * width);
}

function upToMultiple(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
