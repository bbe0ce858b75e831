import { crc32 } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The size limits of the zip format without extensions. */
const LIMIT = 2 ** 32 - 1;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1980-01-01, the format's earliest day: the same content gives the same bytes at any time. */
const DATE = 0x0021;

/** A zip archive with uncompressed entries. Throws a RangeError from 4 GiB or 65,535 entries on. */
export function storedZip(entries: readonly ZipEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const add = (target: Uint8Array[], part: Uint8Array): void => {
    target.push(part);
    if (target === parts) position += part.length;
  };
  for (const { name, data } of entries) {
    const encoded = Buffer.from(name, 'utf8');
    const offset = position;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(FLAGS, 2);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(data), 10);
    if (offset + data.length > LIMIT) throw new RangeError('a checkpoint of 4 GiB or more cannot be written');
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(encoded.length, 22);
    add(parts, Buffer.concat([signature(0x04034b50), common, encoded]));
    add(parts, data);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(0x02014b50), word(VERSION), common, rest, encoded]));
  }
  const start = position;
  for (const part of directory) add(parts, part);
  const end = Buffer.alloc(18);
  if (entries.length >= 0xffff || position > LIMIT)
    throw new RangeError('a checkpoint of 4 GiB or more cannot be written');
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(position - start, 8);
  end.writeUInt32LE(start, 12);
  return Buffer.concat([...parts, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
