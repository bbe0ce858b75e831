import type { Image } from '../../image.js';

/** For each value of a byte, the value that takes its place: 256 of them. */
export type Table = Uint8Array;

/** A table from a formula, whose results are cut to whole numbers and to 0 ... 255. */
export function tableOf(formula: (value: number) => number): Table {
  // Stores to a clamped array would round.
  const table = new Uint8Array(256);
  for (let value = 0; value < 256; value++) table[value] = Math.max(0, Math.min(255, Math.trunc(formula(value))));
  return table;
}

/** Replaces every value by that of a table, one table for all channels or one each. Returns a new image. */
export function lookUp({ size, pixels }: Image, ...tables: readonly [Table] | readonly [Table, Table, Table]): Image {
  const plane = size * size;
  const replaced = new Uint8Array(pixels.length);
  for (let channel = 0; channel < 3; channel++) {
    const table = tables[channel] ?? tables[0];
    const end = (channel + 1) * plane;
    for (let at = channel * plane; at < end; at++) replaced[at] = table[pixels[at]];
  }
  return { size, pixels: replaced };
}

/** One table a channel, each made from how often every value occurs there. */
export function tablesByHistogram(
  image: Image,
  tableOfHistogram: (histogram: Int32Array) => Table,
): readonly [Table, Table, Table] {
  const table = (channel: number): Table => tableOfHistogram(histogramOf(image, channel));
  return [table(0), table(1), table(2)];
}

/** [256]: how many pixels of a channel have each value. */
function histogramOf({ size, pixels }: Image, channel: number): Int32Array {
  const histogram = new Int32Array(256);
  const end = (channel + 1) * size * size;
  for (let at = channel * size * size; at < end; at++) histogram[pixels[at]]++;
  return histogram;
}
