import type { Region } from './augment/randomResizedCrop.js';
import { keepingKernels } from './kernels/kernels.js';
import { BLOCK, PRECISION, VECTOR } from './kernels/layout.js';

/** An RGB image from a decoder: bytes [height, width, 3], row-major. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A filter: the half width of its kernel, in pixels of the coarser image, and its value at a distance. */
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
  /** Default: bicubic. */
  readonly filter?: Filter;
  /** The part of the image to resize, as if cropped first. Default: everything. */
  readonly crop?: Region;
  /** The part of the result to compute. Default: everything. */
  readonly view?: Region;
}

const ONE = 1 << PRECISION;

/**
 * Resizes like Pillow's `Image.resize`, bit for bit: when shrinking, the kernel widens to an output pixel; taps outside
 * the image are dropped and the rest renormalized; weights are fixed-point; rows are resized first and rounded to 8
 * bits, then columns.
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

/** For each output pixel: the first input pixel, the number of pixels, and their weights, `most` slots each. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly most: number;
}

/** The taps of output pixels `first` ... `first + length` − 1 of a line resized from `from` pixels to `to`. */
function tapsOf(from: number, to: number, [first, length]: readonly [number, number], { support, at }: Kernel): Taps {
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

/** Bytes of the image per kernel call. */
const SOURCE_BYTES = 2 ** 20;
const withKernels = keepingKernels(2 ** 26);

const CHANNELS = [0, 1, 2] as const;
/** Bytes of one pixel column in 16 rows: red, then green, then blue. */
const COLUMN = CHANNELS.length * BLOCK;

/**
 * The resizing kernel combines whole lines of the source, the image's rows, into lines of the result. To resize along
 * rows, blocks of 16 rows are transposed first, so that their columns become lines, and transposed back afterwards.
 */
function inKernels(image: Raster, crop: Region, across: Taps, down: Taps): Uint8Array {
  const width = across.starts.length;
  const height = down.starts.length;
  const [firstColumn, columns] = extentOf(across);
  const [firstRow, rows] = extentOf(down);
  const sourceLine = 3 * image.width;
  const rowsAtATime = upToMultiple(Math.max(1, Math.min(rows, Math.floor(SOURCE_BYTES / sourceLine))), BLOCK);
  const line = upToMultiple(width, VECTOR);
  const plane = upToMultiple(rows, BLOCK) * line;

  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end = upToMultiple(start + bytes, VECTOR);
    return start;
  };
  const placeTaps = ({ starts, counts, weights }: Taps): readonly [number, number, number] => [
    place(starts.byteLength),
    place(counts.byteLength),
    place(weights.byteLength),
  ];
  const acrossTaps = placeTaps(across);
  const downTaps = placeTaps(down);
  const source = place(rowsAtATime * sourceLine + BLOCK);
  const turned = place(COLUMN * columns + BLOCK * BLOCK);
  const resized = place(COLUMN * line);
  const narrowed = place(CHANNELS.length * plane);
  const result = place(CHANNELS.length * height * width + VECTOR);

  return withKernels(end, ({ memory, resizeLines, transposeBlocks }) => {
    const bytes = new Uint8Array(memory.buffer);
    const words = new Int32Array(memory.buffer);
    const putTaps = (at: readonly [number, number, number], { starts, counts, weights }: Taps, unit: number): void => {
      const bytesFromFirst = starts.map((start) => (start - starts[0]) * unit);
      [bytesFromFirst, counts, weights].forEach((values, index) => words.set(values, at[index] / 4));
    };
    putTaps(acrossTaps, across, COLUMN);
    putTaps(downTaps, down, line);

    for (let row = 0; row < rows; row += rowsAtATime) {
      const count = Math.min(rowsAtATime, rows - row);
      const from = (crop.top + firstRow + row) * sourceLine;
      bytes.set(image.pixels.subarray(from, from + count * sourceLine), source);
      for (let block = 0; block < count; block += BLOCK) {
        const corner = source + block * sourceLine + 3 * (crop.left + firstColumn);
        transposeBlocks(corner, sourceLine, BLOCK, Math.ceil((3 * columns) / BLOCK), turned, BLOCK, BLOCK * BLOCK);
        resizeLines(turned, COLUMN, ...acrossTaps, across.most, width, COLUMN, resized);
        for (const channel of CHANNELS) {
          const to = narrowed + channel * plane + (row + block) * line;
          transposeBlocks(resized + channel * BLOCK, COLUMN, COLUMN * BLOCK, line / BLOCK, to, line, BLOCK);
        }
      }
    }
    for (const channel of CHANNELS) {
      const to = result + channel * height * width;
      resizeLines(narrowed + channel * plane, line, ...downTaps, down.most, height, width, to);
    }
    return bytes.slice(result, result + CHANNELS.length * height * width);
  });
}

/** The first pixel that any tap reads, and the number of pixels up to the last. */
function extentOf({ starts, counts }: Taps): readonly [number, number] {
  const last = starts.length - 1;
  return [starts[0], starts[last] + counts[last] - starts[0]];
}

function upToMultiple(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
