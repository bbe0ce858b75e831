import type { FileHandle } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer, ColumnMetaData, Compressors, FileMetaData, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { UserError } from '../../errors.js';
import { LabelColumn } from './classes.js';
import type { RawLabel } from './classes.js';
import { findColumns } from './parquetColumns.js';
import type { ImageColumns } from './parquetColumns.js';

/** Receives the images of a table and progress reports. */
export interface TableTarget {
  /** Called once, before the first image, with the most bytes that may come. */
  reserve(bytes: number): Promise<void>;
  write(images: readonly Uint8Array[]): Promise<void>;
  /** Called when a disk wait begins or ends, and between row groups. */
  alive(reading: boolean): void;
}

/** A table without its images. */
export interface TableIndex {
  /** The different labels. */
  readonly values: readonly RawLabel[];
  /** [N]: indices into `values`. */
  readonly ids: readonly number[];
  /** The class names, if the file declares them. */
  readonly classes: readonly string[] | undefined;
  /** [N]: bytes of each image, in the order written; 0 for a row without one. */
  readonly lengths: readonly number[];
}

/** The label of unlabelled images, in the test splits of competitions. */
export const UNLABELLED = -1;

/**
 * Reads the labels of a Parquet file, then copies its images, one row group at a time. If all rows are unlabelled, no
 * images are copied. Sizes in the file are checked against the file before memory is allocated for them; the process
 * that this runs in bounds the rest. Throws a UserError for a damaged file or one without labelled images, and passes
 * on the library's errors.
 */
export async function readTable(file: string, handle: FileHandle, target: TableTarget): Promise<TableIndex> {
  const buffer = new GuardedFile(file, handle, (await handle.stat()).size, target);
  await requireMagic(file, buffer);
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  const columns = findColumns(file, metadata);
  const groups = checkGroups(file, metadata, columns, buffer.byteLength);

  const labels = new LabelColumn(file);
  for (const group of groups) {
    const values = await readColumn(file, buffer, metadata, group, columns.label);
    values.forEach((value, row) => {
      labels.add(labelOf(file, value, group.start + row));
    });
  }
  const { values, ids } = labels;
  if (ids.length === 0) throw new UserError(`${file} has no rows`);
  const lengths: number[] = [];
  if (values.some((value) => value !== UNLABELLED)) {
    await target.reserve(groups.reduce((sum, { row }) => sum + uncompressed(row, columns.image), 0));
    for (const group of groups) {
      const rows = await readColumn(file, buffer, metadata, group, columns.image);
      const images = rows.map((row) => bytesOf(file, row, columns.image));
      for (const image of images) lengths.push(image.length);
      await target.write(images);
    }
    if (lengths.every((length) => length === 0)) {
      throw new UserError(`${file} has no bytes in its column ${columns.image}, only paths: embed the images in it`);
    }
  }
  return { values, ids, classes: columns.classes, lengths };
}

const MAGIC = 0x31524150;

async function requireMagic(file: string, buffer: GuardedFile): Promise<void> {
  const { byteLength } = buffer;
  const has = async (at: number): Promise<boolean> =>
    new DataView(await buffer.slice(at, at + 4)).getUint32(0, true) === MAGIC;
  if (byteLength < 12 || !(await has(0)))
    throw new UserError(`${file} is not a Parquet file: it does not begin with PAR1`);
  if (!(await has(byteLength - 4))) {
    throw new UserError(`${file} does not end with PAR1: it is truncated or still being written; get it again`);
  }
}

/** A row group and the index of its first row. */
interface Group {
  readonly row: RowGroup;
  readonly start: number;
  readonly rows: number;
}

const MOST_GROUP_BYTES = 2 ** 30;
const MOST_GROUP_ROWS = 2 ** 24;

/** Checks the row groups against the file's size and available memory. */
function checkGroups(file: string, metadata: FileMetaData, { image, label }: ImageColumns, size: number): Group[] {
  let start = 0;
  return metadata.row_groups.map((row) => {
    const rows = Number(row.num_rows);
    if (!(rows >= 0 && rows <= MOST_GROUP_ROWS)) throw tooLarge(file, `${rows} rows`, `${MOST_GROUP_ROWS} rows`);
    for (const column of [image, label]) {
      const chunks = chunksOf(row, column);
      if (chunks.length === 0) throw damaged(file, `a row group lacks the column ${column}`);
      for (const chunk of chunks) {
        const [begin, end] = rangeOf(chunk);
        const length = end - begin;
        const unpacked = Number(chunk.total_uncompressed_size);
        if (!(begin >= 0 && length >= 0 && begin + length <= size && unpacked >= 0)) {
          throw damaged(file, `the column ${column} is said to lie at bytes ${begin} to ${begin + length} of ${size}`);
        }
        if (Number(chunk.num_values) !== rows) {
          throw damaged(file, `the column ${column} has ${chunk.num_values} values in a group of ${rows} rows`);
        }
        if (Math.max(length, unpacked) > MOST_GROUP_BYTES) {
          throw tooLarge(
            file,
            `${Math.ceil(Math.max(length, unpacked) / 2 ** 20)} MiB`,
            `${MOST_GROUP_BYTES / 2 ** 20} MiB`,
          );
        }
      }
    }
    const group = { row, start, rows };
    start += rows;
    return group;
  });
}

function chunksOf(row: RowGroup, column: string): ColumnMetaData[] {
  return row.columns.flatMap(({ meta_data: chunk }) => (chunk?.path_in_schema[0] === column ? [chunk] : []));
}

function uncompressed(row: RowGroup, column: string): number {
  return chunksOf(row, column).reduce((sum, chunk) => sum + Number(chunk.total_uncompressed_size), 0);
}

function tooLarge(file: string, size: string, most: string): UserError {
  return new UserError(`${file} has a row group of ${size}: write it with row groups of at most ${most}`);
}

function damaged(file: string, how: string): UserError {
  return new UserError(`${file} is damaged: ${how}; get it again`);
}

/** The values of one column in one row group. */
async function readColumn(
  file: string,
  buffer: GuardedFile,
  metadata: FileMetaData,
  { row, start, rows }: Group,
  column: string,
): Promise<unknown[]> {
  if (rows === 0) return [];
  const chunks = chunksOf(row, column);
  await buffer.keep(chunks.map(rangeOf));
  let budget = 0;
  for (const chunk of chunks) {
    checkPages(file, await buffer.slice(...rangeOf(chunk)), chunk, column);
    budget += Number(chunk.total_uncompressed_size);
  }
  const read = await parquetReadObjects({
    file: buffer,
    metadata,
    columns: [column],
    rowStart: start,
    rowEnd: start + rows,
    compressors: boundedBy(file, budget),
    utf8: false,
    geoparquet: false,
  });
  buffer.release();
  if (read.length !== rows) throw damaged(file, `the column ${column} has ${read.length} of ${rows} values`);
  return read.map((each) => (each as Readonly<Record<string, unknown>>)[column]);
}

function rangeOf(chunk: ColumnMetaData): [begin: number, end: number] {
  // Some writers give 0, where no page can be, for a dictionary that there is not.
  const begin = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  return [begin, begin + Number(chunk.total_compressed_size)];
}

/** Checks the page headers of a column against the column's sizes in the footer. */
function checkPages(file: string, bytes: ArrayBuffer, chunk: ColumnMetaData, column: string): void {
  const reader = { view: new DataView(bytes), offset: 0 };
  let values = 0;
  let unpacked = 0;
  while (reader.offset < bytes.byteLength - 1 && values < Number(chunk.num_values)) {
    const header = parquetHeader(reader);
    const [length, page] = [header.compressed_page_size, header.uncompressed_page_size].map(countOf);
    const entries = countOf(header.dictionary_page_header?.num_values);
    values += countOf(header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values);
    unpacked += page;
    const fits =
      length >= 0 &&
      page >= 0 &&
      unpacked <= Number(chunk.total_uncompressed_size) &&
      entries >= 0 &&
      entries <= Math.max(page, 1) &&
      values >= 0 &&
      values <= Number(chunk.num_values) &&
      reader.offset + length <= bytes.byteLength;
    if (!fits) throw damaged(file, `a page of the column ${column} says more than the column holds`);
    reader.offset += length;
  }
  if (values !== Number(chunk.num_values)) {
    throw damaged(file, `the pages of the column ${column} hold ${values} of ${chunk.num_values} values`);
  }
}

/** A number of a page header; 0 if it is missing. A damaged header can have another type than the library declares, such as a BigInt. */
function countOf(value: unknown): number {
  return Number(value ?? 0);
}

/** Decompressors that together produce at most `budget` bytes. */
function boundedBy(file: string, budget: number): Compressors {
  let left = budget;
  const bounded: Compressors = {};
  const own: Compressors = {
    ...compressors,
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
    ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  };
  for (const [codec, decompress] of Object.entries(own) as [keyof Compressors, Decompress][]) {
    bounded[codec] = (input, length) => {
      left -= length;
      if (!(length >= 0 && left >= 0)) throw damaged(file, 'a page says that it unpacks to more than its column');
      return decompress(input, length);
    };
  }
  return bounded;
}

type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;

function labelOf(file: string, value: unknown, row: number): RawLabel {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
  if (typeof text === 'string' && text !== '') return text;
  throw new UserError(`row ${row} of ${file} has no label: give it one or remove the row`);
}

const NO_BYTES = new Uint8Array(0);

/** The encoded image in a cell. */
function bytesOf(file: string, cell: unknown, column: string): Uint8Array {
  const bytes = cell !== null && typeof cell === 'object' && 'bytes' in cell ? cell.bytes : cell;
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes === null || bytes === undefined) return NO_BYTES;
  throw new UserError(`${file} has something other than bytes in its column ${column}`);
}

/** A file that refuses reads beyond its end and caches recent bytes. */
class GuardedFile implements AsyncBuffer {
  private readonly kept = new Map<number, ArrayBuffer>();

  constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    readonly byteLength: number,
    private readonly target: TableTarget,
  ) {}

  async keep(ranges: readonly (readonly [begin: number, end: number])[]): Promise<void> {
    this.release();
    for (const [begin, end] of ranges) this.kept.set(begin, await this.slice(begin, end));
  }

  release(): void {
    this.kept.clear();
  }

  async slice(begin: number, end = this.byteLength): Promise<ArrayBuffer> {
    const length = end - begin;
    if (!(begin >= 0 && length >= 0 && end <= this.byteLength)) {
      throw damaged(this.file, `it points to bytes ${begin} to ${end} of ${this.byteLength}`);
    }
    const known = this.kept.get(begin);
    if (known?.byteLength === length) return known;
    const bytes = new Uint8Array(length);
    this.target.alive(true);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, begin + done);
      if (bytesRead === 0) throw new UserError(`${this.file} became shorter while it was read: try again`);
      done += bytesRead;
    }
    this.target.alive(false);
    return bytes.buffer;
  }
}
