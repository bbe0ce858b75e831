// The process that answers the calls of `glit` in commandLine.ts: it runs one command line after another, which saves the start
// of a process for each.
import { writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { runCommandLine } from '../../src/cli/commandLine.js';

/** A command line, and the folder to run it in. */
export interface Question {
  readonly cwd: string;
  readonly args: readonly string[];
}

/** How it ended, and what it wrote. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const STREAMS = ['stdout', 'stderr'] as const;
const written = { stdout: '', stderr: '' };

for (const name of STREAMS) {
  process[name].write = (chunk: Uint8Array | string, ...rest: readonly unknown[]): boolean => {
    written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
}

async function answer({ cwd, args }: Question): Promise<Answer> {
  process.chdir(cwd);
  const code = await runCommandLine(args);
  // Every command line adds these.
  process.removeAllListeners('uncaughtException');
  for (const name of STREAMS) process[name].removeAllListeners('error');
  // The test may remove the folder.
  process.chdir(tmpdir());
  const given = { code, ...written };
  for (const name of STREAMS) written[name] = '';
  return given;
}

process.on('message', (question: Question) => {
  void answer(question).then((given) => process.send?.(given));
});
process.on('disconnect', () => process.exit());
// A process that ends in the midst of a command answers no more; say why in the output of the test.
process.on('exit', () => writeSync(2, written.stderr));
