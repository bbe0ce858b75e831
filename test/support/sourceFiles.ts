import { gzipSync } from 'node:zlib';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { colourOf, plain } from './imageFiles.js';

/** Writes files by their paths below `root` and creates their folders. */
export function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

/** PNG files of single-colour images, each in a different colour. */
export function pngs(count: number, first = 0, side = 8): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      plain(colourOf(first + index), side)
        .png()
        .toBuffer(),
    ),
  );
}

/** Records of CIFAR's binary version: the bytes before each image, then 3072 bytes of the value `index`. */
export function cifarRecords(labels: readonly (readonly number[])[], first = 0): Buffer {
  return Buffer.concat(
    labels.map((label, index) => Buffer.concat([Buffer.from(label), Buffer.alloc(3072, first + index)])),
  );
}

/** The files of a small CIFAR-10: 5 × 2 training images and 2 test images in 2 classes. */
export function cifar10Files(): Record<string, string | Uint8Array> {
  const batches = [1, 2, 3, 4, 5].map((number) => [`data_batch_${number}.bin`, cifarRecords([[0], [1]], 2 * number)]);
  return {
    ...(Object.fromEntries(batches) as Record<string, Buffer>),
    'test_batch.bin': cifarRecords([[1], [0]], 100),
    'batches.meta.txt': 'airplane\nautomobile\n\n',
  };
}

/** An IDX file of unsigned bytes. */
export function idx(extents: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * extents.length);
  header[2] = 8;
  header[3] = extents.length;
  extents.forEach((extent, dimension) => header.writeUInt32BE(extent, 4 + 4 * dimension));
  return Buffer.concat([header, values]);
}

/** The files of a small MNIST: 4 training and 2 test images of 3 × 3; pixel p of image i is 16 i + p. */
export function mnistFiles(): Record<string, Uint8Array> {
  const images = (count: number): Buffer =>
    idx(
      [count, 3, 3],
      Uint8Array.from({ length: 9 * count }, (_, at) => 16 * Math.floor(at / 9) + (at % 9)),
    );
  return {
    'train-images-idx3-ubyte': images(4),
    'train-labels-idx1-ubyte': idx([4], Uint8Array.of(7, 3, 3, 7)),
    't10k-images-idx3-ubyte': images(2),
    't10k-labels-idx1-ubyte': idx([2], Uint8Array.of(3, 7)),
  };
}

/** A member of an archive to write: the header's fields and the body. */
export interface TarEntry {
  readonly name: string;
  readonly body?: Uint8Array | string;
  readonly type?: string;
  /** The header's size field, if it is not the body's length: octal digits or the field's bytes. */
  readonly size?: string | Uint8Array;
  readonly prefix?: string;
}

/** A tar archive with its two blocks of zeros at the end. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarMember), Buffer.alloc(1024)]);
}

function tarMember({ name, body = '', type = '0', size, prefix = '' }: TarEntry): Buffer[] {
  const content = Buffer.from(body);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  const stated = size ?? content.length.toString(8).padStart(11, '0');
  if (typeof stated === 'string') header.write(`${stated}\0`, 124, 12);
  else header.set(stated, 124);
  header.write('00000000000\0', 136);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  sign(header);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

/** Writes the checksum of a header. */
export function sign(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

/** A record of a pax header: its length, which counts itself, the key and the value. */
export function pax(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const digits = [1, 2, 3, 4].find((count) => String(rest + count).length === count) ?? 0;
  return `${rest + digits} ${key}=${value}\n`;
}

/** Members of WebDataset samples: an image and its label, `key.png` and `key.cls`. */
export async function samples(labels: readonly (number | string)[], prefix = ''): Promise<TarEntry[]> {
  const images = await pngs(labels.length);
  return labels.flatMap((label, index) => {
    const key = `${prefix}${String(index).padStart(4, '0')}`;
    return [
      { name: `${key}.cls`, body: String(label) },
      { name: `${key}.png`, body: images[index] },
    ];
  });
}

/** How {@link parquet} writes. */
export interface ParquetLayout {
  /** Class names, written like the Hugging Face library does. */
  readonly names?: readonly string[];
  readonly codec?: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP';
  readonly rowGroupSize?: number;
  /** Bytes in the column itself instead of in a struct. */
  readonly plain?: boolean;
  readonly imageColumn?: string;
  readonly labelColumn?: string;
}

/** A Parquet file with a column of images and one of labels, like Hugging Face data sets. */
export function parquet(
  images: readonly (Uint8Array | null)[],
  labels: readonly (number | string | null)[],
  layout: ParquetLayout = {},
): Buffer {
  const { names, codec = 'SNAPPY', rowGroupSize = 1000, plain: isPlain = false } = layout;
  const { imageColumn = 'image', labelColumn = 'label' } = layout;
  const isText = labels.some((label) => typeof label === 'string');
  const features = {
    [imageColumn]: { _type: 'Image' },
    [labelColumn]: { _type: 'ClassLabel', names },
  };
  const written = parquetWriteBuffer({
    columnData: [
      { name: 'index', data: labels.map((_, index) => index) },
      {
        name: imageColumn,
        data: isPlain ? [...images] : images.map((bytes, index) => ({ bytes, path: `${index}.png` })),
      },
      {
        name: labelColumn,
        data: isText ? [...labels] : labels.map((label) => (label === null ? null : BigInt(label))),
      },
    ],
    schema: [
      { name: 'root', num_children: 3 },
      { name: 'index', type: 'INT32', repetition_type: 'OPTIONAL' },
      ...(isPlain
        ? [{ name: imageColumn, type: 'BYTE_ARRAY' as const, repetition_type: 'OPTIONAL' as const }]
        : [
            { name: imageColumn, num_children: 2, repetition_type: 'OPTIONAL' as const },
            { name: 'bytes', type: 'BYTE_ARRAY' as const, repetition_type: 'OPTIONAL' as const },
            {
              name: 'path',
              type: 'BYTE_ARRAY' as const,
              converted_type: 'UTF8' as const,
              repetition_type: 'OPTIONAL' as const,
            },
          ]),
      isText
        ? { name: labelColumn, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }
        : { name: labelColumn, type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    codec,
    compressors: { GZIP: (bytes) => Uint8Array.from(gzipSync(bytes)) },
    rowGroupSize,
    ...(names !== undefined && {
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
    }),
  });
  return Buffer.from(written);
}
