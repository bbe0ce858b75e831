import { COUNTS } from '../../kernels/layout.js';
import type { Image } from '../../image.js';
import { withBytes } from './byteMemory.js';

const VALUES = 256;

/** The replacement of each byte value: 256 entries. */
export type Table = Uint8Array;

/** A table from a formula; results are truncated to integers and clamped to 0 ... 255. */
export function tableOf(formula: (value: number) => number): Table {
  // A Uint8ClampedArray would round.
  const table = new Uint8Array(VALUES);
  for (let value = 0; value < VALUES; value++) table[value] = Math.max(0, Math.min(255, Math.trunc(formula(value))));
  return table;
}

/** Replaces every value using a table, one for all channels or one each. Returns a new image. */
export function lookUp({ size, pixels }: Image, ...tables: readonly [Table] | readonly [Table, Table, Table]): Image {
  const plane = pixels.length / tables.length;
  const replaced = withBytes(pixels, VALUES, ({ kernels, bytes, source, target, extra }) => {
    // In order, since a kernel may write past the end of a plane into the next.
    tables.forEach((table, channel) => {
      bytes.set(table, extra);
      kernels.replaceBytes(source + channel * plane, plane, extra, target + channel * plane);
    });
    return bytes.slice(target, target + pixels.length);
  });
  return { size, pixels: replaced };
}

/** One table per channel, made from the channel's histogram. */
export function tablesByHistogram(
  image: Image,
  tableOfHistogram: (histogram: Int32Array) => Table,
): readonly [Table, Table, Table] {
  const [red, green, blue] = histogramsOf(image);
  return [tableOfHistogram(red), tableOfHistogram(green), tableOfHistogram(blue)];
}

const COUNT_BYTES = VALUES * COUNTS * Int32Array.BYTES_PER_ELEMENT;

/** By channel, [256]: the histogram of its values. */
function histogramsOf({ size, pixels }: Image): readonly [Int32Array, Int32Array, Int32Array] {
  const plane = size * size;
  // The kernel counts whole groups of pixels; count the rest here.
  const whole = plane - (plane % COUNTS);
  return withBytes(pixels, COUNT_BYTES, ({ kernels, bytes, source, extra }) => {
    const counts = new Int32Array(bytes.buffer, extra, VALUES * COUNTS);
    const histogramOf = (channel: number): Int32Array => {
      const histogram = new Int32Array(VALUES);
      counts.fill(0);
      if (whole > 0) kernels.countBytes(source + channel * plane, whole, extra);
      for (let at = 0; at < counts.length; at++) histogram[Math.floor(at / COUNTS)] += counts[at];
      for (let at = whole; at < plane; at++) histogram[pixels[channel * plane + at]]++;
      return histogram;
    };
    return [histogramOf(0), histogramOf(1), histogramOf(2)];
  });
}
