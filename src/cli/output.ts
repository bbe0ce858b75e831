import type { WriteStream } from 'node:tty';

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

/**
 * When a reader of the process's output goes away (`glit profile deit-tiny | head -1`), glit continues and drops later
 * output.
 */
export function dropUnreadOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
