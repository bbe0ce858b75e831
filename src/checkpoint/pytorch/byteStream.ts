import { Malformed } from '../malformed.js';

/** Reads bytes in order, from memory or from part of a file, and never past the end. */
export class ByteStream {
  position: number;
  #page: Uint8Array = new Uint8Array(0);
  #pageStart: number;

  /** `read(position, length)` returns `length` bytes; the stream ends at `end`. */
  constructor(
    private readonly read: (position: number, length: number) => Uint8Array,
    readonly begin: number,
    readonly end: number,
  ) {
    this.position = begin;
    this.#pageStart = begin;
  }

  static over(bytes: Uint8Array): ByteStream {
    return new ByteStream((position, length) => bytes.subarray(position, position + length), 0, bytes.length);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    const at = this.position - this.#pageStart;
    if (at < this.#page.length) {
      this.position++;
      return this.#page[at];
    }
    return this.take(1)[0];
  }

  /** The next bytes; valid until the next call. Throws when the stream is too short. */
  take(count: number): Uint8Array {
    if (!(count <= this.remaining)) throw new Malformed(`its pickle ends in the middle: it is cut off or damaged`);
    let at = this.position - this.#pageStart;
    if (at + count > this.#page.length) {
      this.#page = this.read(this.position, Math.min(this.remaining, Math.max(count, PAGE)));
      this.#pageStart = this.position;
      at = 0;
    }
    this.position += count;
    return this.#page.subarray(at, at + count);
  }

  /** An unsigned little-endian number of up to 8 bytes. Above 2^53 it is inexact, but larger than any file. */
  unsigned(bytes: number): number {
    const taken = this.take(bytes);
    let value = 0;
    for (let at = bytes - 1; at >= 0; at--) value = value * 256 + taken[at];
    return value;
  }

  /** The bytes up to the next line feed, which is consumed. */
  line(): Uint8Array {
    const bytes: number[] = [];
    for (;;) {
      const byte = this.byte();
      if (byte === LINE_FEED) return Uint8Array.from(bytes);
      bytes.push(byte);
      if (bytes.length > LONGEST_LINE) throw new Malformed('its pickle has a line that is too long to be a name');
    }
  }
}

/** Bytes that are read ahead. */
const PAGE = 65_536;
const LINE_FEED = 10;
const LONGEST_LINE = 1000;
