/**
 * A run's journal: an append-only text file with one JSON event per line. A line counts once its newline is written, so
 * a crash loses at most the line being written.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
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
  /** Milliseconds since 1970. */
  now(): number;
  /** Processor seconds of this process so far, over all its threads. */
  processorSeconds(): number;
}

const PROCESS_CLOCK: Clock = {
  now: Date.now,
  processorSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

/** A line of a journal. */
export type Entry = RunEvent & Stamp;

const NEWLINE = 0x0a;

/** Appends events to a journal. */
export class JournalWriter {
  /** The time, in milliseconds since 1970, at which `seconds` would be 0 without pauses. */
  private readonly start: number;
  /** The processor clock's reading at which `processorSeconds` would be 0 without earlier processes. */
  private readonly processorStart: number;
  private readonly descriptor: number;
  /** Bytes of whole lines in the file. */
  private length: number;
  private closed = false;

  /**
   * Starts or continues a journal; a torn last line is removed. Throws a UserError when the file is not a journal.
   * Only one writer may have a journal open.
   */
  constructor(
    private readonly file: string,
    private readonly clock: Clock = PROCESS_CLOCK,
  ) {
    const previous = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    const complete = completeLength(previous);
    const entries = parseLines(previous.subarray(0, complete), file, 1);
    if (complete < previous.length) truncateSync(file, complete);
    this.length = complete;
    this.descriptor = openSync(file, 'a');
    this.start = clock.now() - (entries.at(-1)?.seconds ?? 0) * 1000;
    // Journals of older versions do not have it.
    this.processorStart = clock.processorSeconds() - (entries.at(-1)?.processorSeconds ?? 0);
  }

  /**
   * Writes one line synchronously. It is a {@link Listener}, and can be passed without the journal. When there is no room
   * for the line, throws a UserError, once; then nothing of the line stays, and later events are dropped.
   */
  readonly write = (event: RunEvent): void => {
    if (this.closed) return;
    const now = this.clock.now();
    const stamp: Stamp = {
      time: new Date(now).toISOString(),
      seconds: Math.round(now - this.start) / 1000,
      processorSeconds: Math.round((this.clock.processorSeconds() - this.processorStart) * 1000) / 1000,
    };
    const line = Buffer.from(`${JSON.stringify({ ...stamp, ...event })}\n`);
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.descriptor, line, written);
      this.length += line.length;
    } catch (error) {
      ftruncateSync(this.descriptor, this.length);
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

/** Reads a journal while it may still grow. */
export class JournalReader {
  private position = 0;
  private lines = 0;

  constructor(private readonly file: string) {}

  /**
   * The entries since the last call, or since the start. An unfinished last line is left for later. Throws a UserError
   * that names a line that is not an entry, or when the file does not exist.
   */
  async next(): Promise<readonly Entry[]> {
    const bytes = await readFrom(this.file, this.position);
    const complete = bytes.subarray(0, completeLength(bytes));
    const entries = parseLines(complete, this.file, this.lines + 1);
    this.position += complete.length;
    this.lines += entries.length;
    return entries;
  }
}

/** All entries of a journal; see {@link JournalReader.next}. */
export function readJournal(file: string): Promise<readonly Entry[]> {
  return new JournalReader(file).next();
}

async function readFrom(file: string, position: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new UserError(
      `The journal ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  });
  try {
    const bytes = Buffer.alloc(Math.max(0, (await handle.stat()).size - position));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The length up to and including the last newline. */
function completeLength(bytes: Buffer): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

function parseLines(bytes: Buffer, file: string, firstLine: number): Entry[] {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const entry = parseEntry(line);
    if (entry !== undefined) return entry;
    throw new UserError(`${file}, line ${firstLine + index}, is not a journal entry; repair or remove the line.`);
  });
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
