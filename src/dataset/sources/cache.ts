import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../errors.js';

/** Cached facts about a data set: plain data, and bytes that would be slow as JSON. */
export interface CacheRecord {
  /** Any JSON value. */
  readonly about: unknown;
  readonly parts: readonly Uint8Array[];
}

/** The cache folder: `GLIT_CACHE` if set, else the system's place for caches. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  const chosen = environment['GLIT_CACHE'] ?? '';
  if (chosen !== '') return path.resolve(chosen);
  if (platform === 'win32') {
    const local = environment['LOCALAPPDATA'] ?? '';
    return path.join(local === '' ? path.join(homedir(), 'AppData', 'Local') : local, 'glit', 'cache');
  }
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'glit');
  const shared = environment['XDG_CACHE_HOME'] ?? '';
  return path.join(path.isAbsolute(shared) ? shared : path.join(homedir(), '.cache'), 'glit');
}

/** A folder of files that can be recreated. A damaged record counts as missing. */
export class Cache {
  constructor(readonly folder: string = cacheFolder()) {}

  /** The path of the file with this name, whether or not it exists. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** The record with this name; undefined if it is missing or damaged. */
  async read(name: string): Promise<CacheRecord | undefined> {
    const bytes = await readFile(this.file(name)).catch(() => undefined);
    return bytes === undefined ? undefined : decodeRecord(bytes);
  }

  /** Stores a record. If the folder cannot be written, the work is simply repeated next time. */
  async write(name: string, record: CacheRecord): Promise<void> {
    await this.fill(name, (handle) => handle.writeFile(encodeRecord(record))).catch(() => undefined);
  }

  /** The temporary path of a file while it is written; `id` separates writers. */
  temporary(name: string, id: string): string {
    return this.file(`.${name}.${id}.tmp`);
  }

  /** Writes a file atomically. Throws a UserError when the folder cannot be written. */
  async fill(name: string, write: (handle: FileHandle) => Promise<void>, id: string = randomUUID()): Promise<void> {
    const temporary = this.temporary(name, id);
    try {
      await mkdir(this.folder, { recursive: true });
      const handle = await open(temporary, 'wx');
      try {
        await write(handle);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file(name));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!UNWRITABLE.has(code)) throw error;
      throw new UserError(
        `the cache folder ${this.folder} cannot be written (${code}): make room, or set GLIT_CACHE to another folder`,
        { cause: error },
      );
    }
  }
}

const UNWRITABLE = new Set('ENOSPC EDQUOT EROFS EACCES EPERM ENOTDIR EEXIST EFBIG'.split(' '));

/** A name for the record of these things, different for any difference in them. */
export function cacheName(kind: string, about: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(about)).digest('hex');
  return `${kind}-${hash.slice(0, 32)}`;
}

const MAGIC = 'glit cache 1\n';
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + HASH_BYTES + Uint32Array.BYTES_PER_ELEMENT;

/** Magic, SHA-256 of the rest, length of the JSON, the JSON `{ about, lengths }`, the parts. */
export function encodeRecord({ about, parts }: CacheRecord): Buffer {
  const json = Buffer.from(JSON.stringify({ about, lengths: parts.map((part) => part.byteLength) }));
  const length = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
  length.writeUInt32LE(json.length);
  const rest = [length, json, ...parts];
  return Buffer.concat([Buffer.from(MAGIC), hashOf(rest), ...rest]);
}

/**
 * The record in these bytes, its parts copied so that any typed array can view them; undefined if they are not a
 * record.
 */
export function decodeRecord(bytes: Buffer): CacheRecord | undefined {
  if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const body = bytes.subarray(MAGIC.length + HASH_BYTES);
  if (!bytes.subarray(MAGIC.length, MAGIC.length + HASH_BYTES).equals(hashOf([body]))) return undefined;
  let at = Uint32Array.BYTES_PER_ELEMENT + body.readUInt32LE(0);
  // The hash matches: the bytes are as written.
  const { about, lengths } = JSON.parse(body.toString('utf8', Uint32Array.BYTES_PER_ELEMENT, at)) as {
    about: unknown;
    lengths: readonly number[];
  };
  const parts = lengths.map((length) => {
    const part = new Uint8Array(length);
    part.set(body.subarray(at, at + length));
    at += length;
    return part;
  });
  return { about, parts };
}

function hashOf(chunks: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}
