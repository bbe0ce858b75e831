import { open, type FileHandle } from 'node:fs/promises';
import { Digest, type DigestEntry } from './digest/digest.js';
import type { RunNews } from './messages.js';
import { markOf, readIndex, writeIndex } from './journalIndex.js';

/** Bytes that are read at once. A longer line is read in larger pieces. */
const PIECE = 2 ** 21;

/** Bytes after which a new index is worth writing: at the end of the journal, and on the way there. */
const INDEX_EVERY = 2 ** 20;
const INDEX_EVERY_WHILE_READING = 2 ** 26;

/** The most recent lines that are kept for readers who have seen what came before them. */
const MOST_RECENT = 4000;

const NEWLINE = 0x0a;

/** What a reader gets who has seen some events; see {@link RunNews}. */
export interface News extends Pick<RunNews, 'epoch' | 'read' | 'broken' | 'gone'> {
  /** JSON of the new entries, or of the digest. */
  readonly json: { readonly entries: string } | { readonly digest: string };
}

/** What a reader has seen. */
export interface Seen {
  readonly epoch: number;
  readonly events: number;
}

/**
 * Follows a journal that grows: reads on from where it was, a piece at a time, and keeps a digest of it. A torn last line
 * waits for its end; a journal that was cut or replaced is read from its start.
 */
export class Follower {
  digest = new Digest();
  /** Other followers of the same file, also of an earlier server, have other numbers. */
  #epoch = Date.now();
  #position = 0;
  #lines = 0;
  #broken = 0;
  #size = 0;
  /** Whether the journal ends within a line. */
  #isTorn = false;
  #gone = false;
  #mark = '';
  #indexed = 0;
  /** Raw lines of the last events; the last one is event number `digest.events`. */
  #recent: string[] = [];
  #work: Promise<void> = Promise.resolve();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Reads what is new, for about `milliseconds` at most. Concurrent calls wait for each other. */
  advance(milliseconds: number): Promise<void> {
    // One failure, such as of a network drive, is not the last word.
    this.#work = this.#work.catch(() => undefined).then(() => this.#read(performance.now() + milliseconds));
    return this.#work;
  }

  /** The news for a reader. */
  news(seen: Seen | undefined): News {
    const missing = seen?.epoch === this.#epoch ? this.digest.events - seen.events : Infinity;
    const knows = missing >= 0 && missing <= this.#recent.length;
    return {
      epoch: this.#epoch,
      read: this.#size === 0 || this.#isTorn ? 1 : Math.min(1, this.#position / this.#size),
      broken: this.#broken,
      gone: this.#gone,
      json: knows
        ? { entries: `[${this.#recent.slice(this.#recent.length - missing).join(',')}]` }
        : { digest: JSON.stringify(this.digest) },
    };
  }

  async #read(deadline: number): Promise<void> {
    const handle = await open(this.#file, 'r').catch(() => undefined);
    this.#gone = handle === undefined;
    if (handle === undefined) return;
    try {
      this.#size = (await handle.stat()).size;
      if (!(await this.#isContinued(handle))) await this.#begin(handle);
      this.#isTorn = false;
      while (this.#position < this.#size) {
        this.#isTorn = !(await this.#readPiece(handle));
        if (this.#isTorn || performance.now() > deadline) break;
      }
      this.#mark = await markOf(handle, this.#position);
      if (this.#isIndexOld()) await this.#index();
    } finally {
      await handle.close();
    }
  }

  /** Whether the file still begins with what was read. */
  async #isContinued(handle: FileHandle): Promise<boolean> {
    return this.#position > 0 && this.#size >= this.#position && this.#mark === (await markOf(handle, this.#position));
  }

  /** Begins with the journal's index, or at its start. */
  async #begin(handle: FileHandle): Promise<void> {
    const index = await readIndex(this.#file, handle, this.#size);
    if (this.#position > 0) this.#epoch++;
    this.digest = new Digest(index?.digest);
    this.#position = index?.position ?? 0;
    this.#indexed = this.#position;
    this.#lines = index?.lines ?? 0;
    this.#broken = index?.broken ?? 0;
    this.#recent = [];
  }

  #isIndexOld(): boolean {
    const fresh = this.#position - this.#indexed;
    return fresh >= (this.#position === this.#size ? INDEX_EVERY : INDEX_EVERY_WHILE_READING);
  }

  /** Reads the next piece; false if it has no whole line yet. */
  async #readPiece(handle: FileHandle): Promise<boolean> {
    for (let length = PIECE; ; length *= 2) {
      const bytes = Buffer.allocUnsafe(Math.min(length, this.#size - this.#position));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#position);
      const end = bytes.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        this.#take(bytes.toString('utf8', 0, end - 1));
        this.#position += end;
        return true;
      }
      if (bytesRead < length) return false;
    }
  }

  #take(text: string): void {
    const lines = text.split('\n');
    for (const line of lines) {
      this.#lines++;
      if (this.#apply(line)) this.#recent.push(line);
      else this.#broken++;
    }
    if (this.#recent.length > MOST_RECENT) this.#recent = this.#recent.slice(-MOST_RECENT);
  }

  /** Takes note of a line; false if it is no entry, or lacks what entries of its type have. */
  #apply(line: string): boolean {
    const entry = parseEntry(line);
    if (entry === undefined) return false;
    try {
      this.digest.apply(entry);
      return true;
    } catch {
      return false;
    }
  }

  /** Writes down how far it is, for whoever follows the run next. */
  async keep(): Promise<void> {
    await this.#work.catch(() => undefined);
    if (this.#position - this.#indexed >= INDEX_EVERY) await this.#index();
  }

  async #index(): Promise<void> {
    this.#indexed = this.#position;
    await writeIndex(this.#file, {
      position: this.#position,
      lines: this.#lines,
      broken: this.#broken,
      mark: this.#mark,
      digest: this.digest.toJSON(),
    });
  }
}

/** Unlike a run that reads its own journal, a reader goes on after a line that is broken. */
function parseEntry(line: string): DigestEntry | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<string, unknown>> | null;
    const { type, time, seconds } = value ?? {};
    const isEntry = typeof type === 'string' && typeof time === 'string' && typeof seconds === 'number';
    return isEntry ? (value as unknown as DigestEntry) : undefined;
  } catch {
    return undefined;
  }
}
