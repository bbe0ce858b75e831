import type { WriteStream } from 'node:tty';

/** Where a command writes: results and progress to stdout, warnings and errors to stderr. */
export interface Output {
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
}

/**
 * The process's own streams. When a reader goes away (`glit profile deit-tiny | head -1`), the command continues and
 * later output is dropped.
 */
export function processOutput(): Output {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return { stdout: process.stdout, stderr: process.stderr };
}
