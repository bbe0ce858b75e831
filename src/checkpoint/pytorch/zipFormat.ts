/**
 * PyTorch's format since 1.6: a zip archive with one folder that holds `data.pkl`, a pickle, and `data/<key>`, the
 * storages. Entries are usually uncompressed, but deflated if the archive was repacked.
 */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { show } from '../../errors.js';
import { ByteStream } from './byteStream.js';
import type { Container, StoredBytes } from './container.js';
import type { FileBytes } from '../fileBytes.js';
import { findGlobal, storageOf } from './globals.js';
import { Malformed } from '../malformed.js';
import { unpickle } from './unpickler.js';
import type { Storage } from './values.js';

const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot expand one byte to more than this many. */
const GREATEST_DEFLATION = 1032;
/** Pickles of the largest checkpoints take a few megabytes. */
const LONGEST_PICKLE = 2 ** 28;
const PICKLE = '/data.pkl';

const inflate = promisify(inflateRaw);

/** Whether a file starts like a zip archive. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 0x03 && start[3] === 0x04;
}

export async function openZipFormat(file: FileBytes): Promise<Container> {
  const archive = await Archive.open(file);
  const [pickle, ...others] = [...archive.entries.keys()].filter((name) => name.endsWith(PICKLE));
  if (pickle === undefined) throw new Malformed('the archive has no data.pkl, so PyTorch did not write it');
  if (others.length > 0) throw new Malformed('the archive has more than one data.pkl');
  const folder = pickle.slice(0, -PICKLE.length);
  if (archive.entries.has(`${folder}/byteorder`)) {
    const order = Buffer.from(await archive.content(`${folder}/byteorder`, 16)).toString('latin1');
    if (order !== 'little') throw new Malformed(`its numbers are in ${show(order)} byte order; glit reads little`);
  }
  const bytes = await archive.content(pickle, LONGEST_PICKLE);
  const content = unpickle(ByteStream.over(bytes), { find: findGlobal, persistent: storageOf });
  return { content, locate: (storage) => archive.locate(`${folder}/data/${storage.key}`, storage) };
}

class Archive {
  /** The last inflated entry: tensors that share a storage follow each other. */
  #inflated: { readonly entry: Entry; readonly bytes: Uint8Array } | undefined;

  private constructor(
    private readonly file: FileBytes,
    private readonly zip: ZipFile,
    readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  static async open(file: FileBytes): Promise<Archive> {
    try {
      // Names are decoded here; yauzl's checks of names do not matter, since no file is written under them.
      const options = { autoClose: false, decodeStrings: false };
      const zip = await fromRandomAccessReaderPromise(new Reader(file), file.size, options);
      const entries = new Map<string, Entry>();
      let packed = 0;
      for await (const entry of zip.eachEntry()) {
        packed += entry.compressedSize;
        if (packed > file.size) throw new Malformed('its entries overlap');
        entries.set(entry.fileNameRaw.toString('utf8'), entry);
      }
      return new Archive(file, zip, entries);
    } catch (error) {
      throw asMalformed(error, 'its zip archive is cut off or damaged');
    }
  }

  /** A whole entry, if it has at most `most` bytes. */
  async content(name: string, most: number): Promise<Uint8Array> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new Malformed(`the archive has no ${show(name)}`);
    if (entry.uncompressedSize > most) throw new Malformed(`${show(name)} has ${entry.uncompressedSize} bytes`);
    if (this.#method(name, entry) === DEFLATED) return this.#inflate(name, entry);
    return this.file.read(await this.#start(name, entry), entry.compressedSize);
  }

  async locate(name: string, storage: Storage): Promise<StoredBytes> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new Malformed(`the numbers of its storage ${show(storage.key)} are missing`);
    const { bytesNeeded } = storage;
    const length = entry.uncompressedSize;
    if (!(bytesNeeded <= length)) {
      throw new Malformed(`its storage ${show(storage.key)} should have ${bytesNeeded} bytes and has ${length}`);
    }
    if (this.#method(name, entry) === STORED) {
      const start = await this.#start(name, entry);
      return { length, fill: (target, position) => this.file.fill(target, start + position) };
    }
    if (length > GREATEST_DEFLATION * entry.compressedSize) {
      throw new Malformed(
        `its storage ${show(storage.key)} cannot have ${length} bytes, compressed to ${entry.compressedSize}`,
      );
    }
    return {
      length,
      fill: async (target, position) => {
        const bytes = await this.#inflate(name, entry);
        target.set(bytes.subarray(position, position + target.length));
      },
    };
  }

  #method(name: string, entry: Entry): number {
    const { compressionMethod: method } = entry;
    if (entry.isEncrypted()) throw new Malformed(`${show(name)} in the archive is encrypted`);
    if (method !== STORED && method !== DEFLATED) {
      throw new Malformed(
        `${show(name)} in the archive is compressed with method ${method}; glit reads stored and deflated entries`,
      );
    }
    return method;
  }

  async #start(name: string, entry: Entry): Promise<number> {
    try {
      return (await this.zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
    } catch (error) {
      throw asMalformed(error, `${show(name)} in the archive is cut off or damaged`);
    }
  }

  async #inflate(name: string, entry: Entry): Promise<Uint8Array> {
    if (this.#inflated?.entry === entry) return this.#inflated.bytes;
    const { compressedSize, uncompressedSize } = entry;
    const packed = await this.file.read(await this.#start(name, entry), compressedSize);
    let bytes: Uint8Array;
    try {
      bytes = await inflate(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
    } catch (error) {
      throw asMalformed(error, `${show(name)} in the archive cannot be decompressed`);
    }
    if (bytes.length !== uncompressedSize) {
      throw new Malformed(`${show(name)} should have ${uncompressedSize} bytes and decompresses to ${bytes.length}`);
    }
    this.#inflated = { entry, bytes };
    return bytes;
  }
}

/** Gives the zip library access to this file only; the file's owner closes it. */
class Reader extends RandomAccessReader {
  constructor(private readonly file: FileBytes) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.file.fill(buffer.subarray(offset, offset + length), position).then(
      () => callback(null, length),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

function asMalformed(error: unknown, fact: string): Malformed {
  if (error instanceof Malformed) return error;
  return new Malformed(`${fact} (${error instanceof Error ? error.message : String(error)})`);
}
