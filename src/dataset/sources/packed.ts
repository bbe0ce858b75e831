import type { EncodedSource } from '../source.js';
import { Names } from './names.js';

/** The locations of images that share files: each column has one entry per image. */
export class PackedIndex {
  private constructor(
    private readonly fileOf: Uint32Array,
    private readonly starts: Float64Array,
    private readonly lengths: Float64Array,
    /** The name of each image in its file. */
    private readonly names: Names,
  ) {}

  static of(images: readonly PackedImage[]): PackedIndex {
    return new PackedIndex(
      Uint32Array.from(images, ({ file }) => file),
      Float64Array.from(images, ({ start }) => start),
      Float64Array.from(images, ({ length }) => length),
      Names.of(images.map(({ name }) => name)),
    );
  }

  /** Restores the result of {@link parts}; undefined if it is not one. */
  static fromParts(parts: readonly Uint8Array[]): PackedIndex | undefined {
    if (parts.length !== 5) return undefined;
    const [files, starts, lengths, bytes, ends] = parts;
    const count = files.byteLength / Uint32Array.BYTES_PER_ELEMENT;
    if (starts.byteLength !== 8 * count || lengths.byteLength !== 8 * count || ends.byteLength !== 4 * count) {
      return undefined;
    }
    return new PackedIndex(
      new Uint32Array(new Uint8Array(files).buffer),
      new Float64Array(new Uint8Array(starts).buffer),
      new Float64Array(new Uint8Array(lengths).buffer),
      Names.fromParts(bytes, ends),
    );
  }

  get length(): number {
    return this.fileOf.length;
  }

  at(index: number): PackedImage {
    return {
      file: this.fileOf[index],
      start: this.starts[index],
      length: this.lengths[index],
      name: this.names.at(index),
    };
  }

  parts(): Uint8Array[] {
    const columns = [this.fileOf, this.starts, this.lengths];
    return [
      ...columns.map((column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength)),
      ...this.names.parts(),
    ];
  }
}

/** One image of a {@link PackedIndex}. */
export interface PackedImage {
  /** Index of the file. */
  readonly file: number;
  /** Offset of its first byte. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  readonly name: string;
}

/** Indexed images in `files`; `shown` are the files' names in messages. */
export function packedSource(
  classes: readonly string[],
  labels: Int32Array,
  files: readonly string[],
  index: PackedIndex,
  shown: readonly string[] = files,
): EncodedSource {
  return {
    classes,
    labels,
    encoded(image) {
      const { file, start, length, name } = index.at(image);
      return { file: files[file], part: { start, length, container: shown[file], name } };
    },
  };
}
