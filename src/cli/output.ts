import type { WriteStream } from 'node:tty';
import { UserError } from '../errors.js';

/** Where a command writes: results and progress to stdout, warnings and errors to stderr. */
export interface Output {
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
}

/**
 * Text for a terminal: a name from a file or a folder must not be able to move the cursor, ring the bell, or turn the
 * writing direction around.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A value as a line of JSON, which a terminal can show: JSON escapes only some of the characters that it must not get. */
export function jsonLine(value: unknown): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replaceAll(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escaped)}\n`;
}

/** The codes of a reader that went away (`glit profile deit-tiny | head -1`), and of a terminal that was closed. */
const NOBODY_READS = ['EPIPE', 'EIO'];

/**
 * Keeps the work going when its output cannot be written; later output is dropped. The function that it returns throws a
 * UserError if somebody would have read that, as on a full disk.
 */
export function surviveLostOutput(): () => void {
  let lost: NodeJS.ErrnoException | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!NOBODY_READS.includes(error.code ?? '')) lost ??= error;
    });
  }
  return () => {
    if (lost === undefined) return;
    throw new UserError(`some of the output could not be written (${lost.message}); write it elsewhere`);
  };
}
