import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors.js';

/** A file in a tar archive. */
export interface TarMember {
  readonly name: string;
  /** Offset of its first byte in the archive. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** An open archive, to list its members and their offsets. */
export interface TarArchive {
  readonly bytes: number;
  /** The files of the archive in order; folders, links and devices are skipped. Reads headers, not bodies. */
  members(): AsyncGenerator<TarMember, void, undefined>;
  /** The bytes of a small member. */
  body(member: TarMember): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens an archive in the ustar, pax or GNU format, including long names. Headers are checked against the archive's
 * size. Errors are UserErrors that name the archive.
 */
export async function openTar(file: string): Promise<TarArchive> {
  const handle = await open(file);
  try {
    const { size: bytes } = await handle.stat();
    const window = new Window(handle, bytes);
    return {
      bytes,
      members: () => readMembers(file, bytes, window),
      body: async ({ start, length }) => Buffer.from(await window.read(start, length)),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const BLOCK = 512;
const NEAR = 65_536;
const SMALL_WINDOW = 4096;
const LARGE_WINDOW = 262_144;

/** Reads small pieces in ascending order: a little at a time where they are far apart, a lot where they are close. */
class Window {
  private bytes = Buffer.alloc(0);
  private start = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
  ) {}

  /** The bytes from `at`; fewer than `length` at the end of the file. Valid until the next call. */
  async read(at: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - at));
    const end = this.start + this.bytes.length;
    if (at < this.start || at + wanted > end) {
      const ahead = at >= this.start && at - end < NEAR ? LARGE_WINDOW : SMALL_WINDOW;
      const fresh = Buffer.allocUnsafe(Math.min(Math.max(wanted, ahead), this.size - at));
      let filled = 0;
      while (filled < fresh.length) {
        const { bytesRead } = await this.handle.read(fresh, filled, fresh.length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      this.bytes = fresh.subarray(0, filled);
      this.start = at;
    }
    return this.bytes.subarray(at - this.start, at - this.start + wanted);
  }
}

const MOST_NAME = 65_536;
const MOST_PAX = 2 ** 20;

async function* readMembers(file: string, size: number, window: Window): AsyncGenerator<TarMember, void, undefined> {
  let at = 0;
  let longName: string | undefined;
  let pax: Pax = {};
  let shared: Pax = {};
  while (at < size) {
    const header = await window.read(at, BLOCK);
    if (header.length < BLOCK) throw cut(file, at === 0 ? 'its first header' : 'a header');
    if (isZero(header)) return;
    if (!hasChecksum(header)) {
      if (at > 0)
        throw new UserError(`${file} is damaged at byte ${at}, where the header of a member should be: get it again`);
      const packed = header[0] === 0x1f && header[1] === 0x8b;
      throw new UserError(
        packed
          ? `${file} is compressed: unpack it (gunzip), since images are read from the middle of a .tar`
          : `${file} is not a tar archive: it does not begin with the header of a member`,
      );
    }
    const type = String.fromCharCode(header[156]);
    const name = pax.path ?? longName ?? shared.path ?? nameOf(header);
    const isExtension = 'xgLK'.includes(type);
    const length = isExtension ? numberAt(header, 124, 12) : (pax.size ?? numberAt(header, 124, 12));
    const start = at + BLOCK;
    if (!(length >= 0 && length <= size - start)) {
      throw cut(
        file,
        isExtension ? 'a header' : name,
        start <= size ? `${size - start} of ${length} bytes` : undefined,
      );
    }
    at = start + Math.ceil(length / BLOCK) * BLOCK;
    if (isExtension) {
      if (length > (type === 'x' || type === 'g' ? MOST_PAX : MOST_NAME)) {
        throw new UserError(`${file} has a name of ${length} bytes at byte ${start}: it is damaged; get it again`);
      }
      const body = Buffer.from(await window.read(start, length));
      if (type === 'x') pax = readPax(body, file, start);
      else if (type === 'g') shared = { ...shared, ...readPax(body, file, start) };
      else if (type === 'L') longName = untilZero(body);
      continue;
    }
    if (type === 'S' || pax.sparse === true) {
      throw new UserError(`${file} stores ${name} as a sparse file: pack it without --sparse`);
    }
    // Archives older than the folder type mark folders with a trailing slash.
    if ('07\0'.includes(type) && !name.endsWith('/')) yield { name, start, length };
    longName = undefined;
    pax = {};
  }
}

function cut(file: string, where: string, extent?: string): UserError {
  const detail = extent === undefined ? '' : ` (${extent})`;
  return new UserError(`${file} ends in the middle of ${where}${detail}: it is truncated or damaged; get it again`);
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of a header's bytes, with the checksum field as blanks; old programs summed signed bytes. */
function hasChecksum(header: Buffer): boolean {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let at = 0; at < BLOCK; at++) {
    if (at >= 148 && at < 156) continue;
    unsigned += header[at];
    signed += (header[at] << 24) >> 24;
  }
  const stated = numberAt(header, 148, 8);
  return stated === unsigned || stated === signed;
}

/** A number in octal, or in base 256 if the first bit is set; NaN if it is invalid. */
function numberAt(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if ((field[0] & 0x80) === 0) {
    const text = field.toString('latin1').replaceAll('\0', ' ').trim();
    if (text === '') return 0;
    return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  }
  if ((field[0] & 0x40) !== 0) return Number.NaN; // negative
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0] & 0x3f);
}

function nameOf(header: Buffer): string {
  const name = untilZero(header.subarray(0, 100));
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? untilZero(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** The fields of a pax header that glit uses. */
interface Pax {
  readonly path?: string;
  readonly size?: number;
  readonly sparse?: boolean;
}

/** Records `<length of the record> <key>=<value>\n`. */
function readPax(body: Buffer, file: string, start: number): Pax {
  let path: string | undefined;
  let size: number | undefined;
  let sparse = false;
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const space = body.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(body.toString('latin1', at, space));
    const equals = body.indexOf(0x3d, space);
    const end = at + length;
    if (!(Number.isInteger(length) && equals > space && equals < end && end <= body.length && body[end - 1] === 0x0a)) {
      throw new UserError(`${file} is damaged at byte ${start + at}, in a pax header: get it again`);
    }
    const key = body.toString('utf8', space + 1, equals);
    const value = body.toString('utf8', equals + 1, end - 1);
    if (key === 'path') path = value;
    // An invalid size must not count as an absent one.
    if (key === 'size') size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (key.startsWith('GNU.sparse.')) sparse = true;
    at = end;
  }
  return { ...(path !== undefined && { path }), ...(size !== undefined && { size }), ...(sparse && { sparse }) };
}
