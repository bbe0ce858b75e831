import type { WriteStream } from 'node:tty';

/** Where a command writes: results and progress to stdout, warnings and errors to stderr. */
export interface Output {
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
}

/**
 * The process's own streams. A reader that goes away (`glit profile deit-tiny | head -1`) ends neither a run nor the
 * command: what is written afterwards is lost, as its reader wanted.
 */
export function processOutput(): Output {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return { stdout: process.stdout, stderr: process.stderr };
}
