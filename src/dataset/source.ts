import { bytesOf } from '../image/image.js';
import type { Image } from '../image/image.js';
import type { Rng } from '../random/rng.js';

/** Images with one label each. The order is the same on every machine. */
export interface Labelled {
  /** Class names; a label is an index into them. */
  readonly classes: readonly string[];
  /** [N] */
  readonly labels: Int32Array;
}

/** Where the encoded bytes of one image lie. Plain data, so that it can be sent to a worker thread. */
export interface EncodedImage {
  readonly file: string;
  /** The image's part of the file, where many share one. Default: the whole file. */
  readonly part?: FilePart;
}

/** A range of bytes in a file. */
export interface FilePart {
  /** Offset of the first byte. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  /** The archive or table that holds the image, as messages name it. A table's images are read from a copy. */
  readonly container: string;
  /** The member of the archive or the row of the table. */
  readonly name: string;
}

/** An image's name in messages. */
export function imageName({ file, part }: EncodedImage): string {
  return part === undefined ? file : `${part.container}: ${part.name}`;
}

/** Labelled images that are decoded on demand. */
export interface EncodedSource extends Labelled {
  /** The location of image `index`, 0 ... N - 1. */
  encoded(index: number): EncodedImage;
}

/** Decoded images of one size, in memory that worker threads share: bytes [rows, 3, size, size]. */
export interface PixelStore {
  readonly size: number;
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/** Labelled images, decoded in memory. Several sources (a split and its parts) can share one store. */
export interface StoredSource extends Labelled {
  readonly store: PixelStore;
  /** [N]: the row of each image in the store. */
  readonly rows: Int32Array;
  /** What it was decoded from, if some of the images there could not be read. */
  readonly before?: DecodedFrom;
}

/** A set of which some images could be decoded. A part of it is drawn before, so that it does not depend on which. */
export interface DecodedFrom {
  /** Of all its images. */
  readonly labels: Int32Array;
  /** [N]: the place of each decoded image among them. */
  readonly places: Int32Array;
}

/** One split of a data set, whatever the images' origin. */
export type ImageSource = EncodedSource | StoredSource;

/** Whether the images of a source are decoded in memory. */
export function isStored(source: ImageSource): source is StoredSource {
  return 'store' in source;
}

/** A store with room for `rows` images of `size` × `size`. */
export function emptyStore(rows: number, size: number): PixelStore {
  return { size, pixels: new Uint8Array(new SharedArrayBuffer(rows * bytesOf(size))) };
}

/** The image in a row of a store; a view, not a copy. */
export function storedImage({ size, pixels }: PixelStore, row: number): Image {
  const start = row * bytesOf(size);
  return { size, pixels: pixels.subarray(start, start + bytesOf(size)) };
}

/** `count` images of `source`, drawn at random, in their order there; all if it has no more. */
export function sample(source: ImageSource, count: number, rng: Rng): ImageSource {
  const size = source.labels.length;
  return count >= size ? source : select(source, rng.permutation(size).slice(0, count).sort());
}

/** The images of `source` at `indices`, in that order. Copies no pixels. */
export function select(source: ImageSource, indices: Int32Array): ImageSource {
  const { classes } = source;
  const labels = indices.map((index) => source.labels[index]);
  if (isStored(source)) {
    return { classes, labels, store: source.store, rows: indices.map((index) => source.rows[index]) };
  }
  return { classes, labels, encoded: (index) => source.encoded(indices[index]) };
}
