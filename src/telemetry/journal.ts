/**
 * A run's journal: an append-only text file with one JSON event per line. A line counts once its newline is written, so
 * a crash loses at most the line being written.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError, writeFailure } from '../errors.js';
import type { RunEvent } from './events.js';

/** The time of an event. */
export interface Stamp {
  /** The time of day, ISO 8601 in UTC. */
  readonly time: string;
  /** Seconds of work on the run so far, without the pauses between interruption and resumption. */
  readonly seconds: number;
  /** Processor seconds of that work, over all threads. */
  readonly processorSeconds: number;
}

/** The clocks of a journal. */
export interface Clock {
  /** The time of day, in milliseconds since 1970. It jumps when a machine's clock is corrected. */
  now(): number;
  /** Milliseconds since some moment, on a clock that never jumps. */
  monotonic(): number;
  /** Processor seconds of this process so far, over all its threads. */
  processorSeconds(): number;
}

const PROCESS_CLOCK: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  processorSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

/** The clocks' readings when a process began its work; it may open its journal much later. */
export interface Beginning {
  readonly monotonic: number;
  readonly processorSeconds: number;
}

export function beginning(clock: Clock = PROCESS_CLOCK): Beginning {
  return { monotonic: clock.monotonic(), processorSeconds: clock.processorSeconds() };
}

export interface JournalOptions {
  /** Default: the process's. */
  readonly clock?: Clock;
  /** Where the process's work is counted from. Default: from the opening of the journal. */
  readonly began?: Beginning;
}

/** A line of a journal. */
export type Entry = RunEvent & Stamp;

const NEWLINE = 0x0a;

/** Appends events to a journal. */
export class JournalWriter {
  /** The monotonic clock's reading at which `seconds` would be 0 without pauses. */
  private readonly start: number;
  /** The processor clock's reading at which `processorSeconds` would be 0 without earlier processes. */
  private readonly processorStart: number;
  private readonly clock: Clock;
  private readonly descriptor: number;
  /** Bytes of whole lines in the file. */
  private length: number;
  private closed = false;

  /**
   * Starts or continues a journal; a torn last line is removed. Throws a UserError when the file is not a journal, or
   * cannot be written.
   * Only one writer may have a journal open.
   */
  constructor(
    private readonly file: string,
    { clock = PROCESS_CLOCK, began = beginning(clock) }: JournalOptions = {},
  ) {
    this.clock = clock;
    const { complete, length, last } = existsSync(file) ? endOf(file) : { complete: 0, length: 0, last: undefined };
    try {
      if (complete < length) truncateSync(file, complete);
      this.descriptor = openSync(file, 'a');
    } catch (error) {
      throw writeFailure(file, complete, error);
    }
    this.length = complete;
    this.start = began.monotonic - (last?.seconds ?? 0) * 1000;
    // Journals of older versions do not have it.
    this.processorStart = began.processorSeconds - (last?.processorSeconds ?? 0);
  }

  /**
   * Writes one line synchronously. It is a {@link Listener}, and can be passed without the journal. When there is no room
   * for the line, throws a UserError, once; then nothing of the line stays, and later events are dropped.
   */
  readonly write = (event: RunEvent): void => {
    if (this.closed) return;
    const stamp: Stamp = {
      time: new Date(this.clock.now()).toISOString(),
      seconds: Math.round(this.clock.monotonic() - this.start) / 1000,
      processorSeconds: Math.round((this.clock.processorSeconds() - this.processorStart) * 1000) / 1000,
    };
    const line = Buffer.from(`${JSON.stringify({ ...stamp, ...event })}\n`);
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.descriptor, line, written);
      this.length += line.length;
    } catch (error) {
      try {
        ftruncateSync(this.descriptor, this.length);
      } catch {
        // A disk that takes nothing keeps the torn line, which the next writer removes.
      }
      this.close();
      throw writeFailure(this.file, line.length, error);
    }
  };

  /** Closes the journal; later events are dropped. */
  close(): void {
    if (!this.closed) closeSync(this.descriptor);
    this.closed = true;
  }
}

/** Bytes that are read at a time. */
const PIECE = 1 << 20;

/**
 * The entries of a journal, one after the other: a long run's journal is larger than a string can be. An unfinished last
 * line is left out. Throws a UserError that names a line that is not an entry, or when the file does not exist.
 */
export async function* journalEntries(file: string, piece = PIECE): AsyncGenerator<Entry, void, undefined> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new UserError(
      `The journal ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  });
  try {
    const bytes = Buffer.alloc(piece);
    let rest: Buffer = Buffer.alloc(0);
    for (let line = 1; ;) {
      const { bytesRead } = await handle.read(bytes, 0, piece);
      if (bytesRead === 0) return;
      const unread = Buffer.concat([rest, bytes.subarray(0, bytesRead)]);
      const complete = completeLength(unread);
      rest = unread.subarray(complete);
      for (const text of linesOf(unread.subarray(0, complete))) yield entryOf(text, file, line++);
    }
  } finally {
    await handle.close();
  }
}

/** All entries of a journal, or those of one type; see {@link journalEntries}. */
export async function readJournal(file: string): Promise<Entry[]>;
export async function readJournal<Type extends Entry['type']>(
  file: string,
  type: Type,
): Promise<Extract<Entry, { readonly type: Type }>[]>;
export async function readJournal(file: string, type?: Entry['type']): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of journalEntries(file)) if (type === undefined || entry.type === type) entries.push(entry);
  return entries;
}

/** The length of a journal, that of its complete lines, and its last entry. */
function endOf(file: string): { readonly length: number; readonly complete: number; readonly last?: Entry } {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(PIECE);
    let [length, lines] = [0, 0];
    let rest: Buffer = Buffer.alloc(0);
    let last: string | undefined;
    for (;;) {
      const read = readSync(descriptor, bytes);
      if (read === 0) break;
      length += read;
      const unread = Buffer.concat([rest, bytes.subarray(0, read)]);
      const texts = linesOf(unread.subarray(0, completeLength(unread)));
      lines += texts.length;
      last = texts.at(-1) ?? last;
      rest = unread.subarray(completeLength(unread));
    }
    const complete = length - rest.length;
    return last === undefined ? { length, complete } : { length, complete, last: entryOf(last, file, lines) };
  } finally {
    closeSync(descriptor);
  }
}

/** The length up to and including the last newline. */
function completeLength(bytes: Buffer): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

/** Complete lines, without their newlines. */
function linesOf(bytes: Buffer): string[] {
  return bytes.toString('utf8').split('\n').slice(0, -1);
}

function entryOf(text: string, file: string, line: number): Entry {
  const entry = parseEntry(text);
  if (entry !== undefined) return entry;
  throw new UserError(`${file}, line ${line}, is not a journal entry; repair or remove the line.`);
}

/** Accept events of newer versions: readers ignore unknown types. */
function parseEntry(line: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, time, seconds } = value as Partial<Record<string, unknown>>;
  const isEntry = typeof type === 'string' && typeof time === 'string' && typeof seconds === 'number';
  return isEntry ? (value as Entry) : undefined;
}
