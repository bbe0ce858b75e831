import type { WriteStream } from 'node:tty';

/** Where a command writes: results and progress to stdout, warnings and errors to stderr. */
export interface Output {
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
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
