import { CommanderError } from 'commander';
import { Interrupted, UserError } from '../errors.js';
import { jsonLine, printable } from './output.js';

/** Exit codes: a failed check or a bug in glit, an error that the user can fix, a stop on request. */
export const EXIT = { done: 0, failed: 1, fault: 1, mistake: 2, interrupted: 130 };

/** A check failed. Its result, printed before, says why. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** A failure that another process of the same job reports; this one ends without a word, and with the same exit code. */
export class ReportedElsewhere extends Error {
  override readonly name = 'ReportedElsewhere';

  constructor(readonly failure: unknown) {
    super();
  }
}

/** System errors that the user can fix: no permission, no space, a file in place of a folder. */
const SYSTEM_MISTAKES = new Set([
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'EMFILE',
]);

/** How a failure ends the process: the message, if any, and the exit code. */
export interface Ending {
  readonly code: number;
  readonly line?: string;
}

/** One line and an exit code for anything thrown. `debug` adds the stack of a bug. */
export function endingOf(error: unknown, debug: boolean): Ending {
  if (error instanceof CommanderError) return endingOfCommander(error);
  if (error instanceof CheckFailed) return { code: EXIT.failed };
  if (error instanceof ReportedElsewhere) return { code: endingOf(error.failure, false).code };
  if (error instanceof Interrupted) return { code: EXIT.interrupted, line: oneLine(error.message) };
  if (error instanceof UserError) return { code: EXIT.mistake, line: oneLine(error.message) };
  if (!(error instanceof Error)) return { code: EXIT.fault, line: String(error) };
  if (debug) return { code: EXIT.fault, line: error.stack ?? error.message };
  if ('code' in error && SYSTEM_MISTAKES.has(String(error.code))) {
    return { code: EXIT.mistake, line: oneLine(error.message) };
  }
  const report = 'this is a bug in glit; please report it with the output of --debug';
  return { code: EXIT.fault, line: `${oneLine(error.message)} (${report})` };
}

/** Commander prints help by itself. It puts its suggestion on a separate line. */
function endingOfCommander({ code, exitCode, message }: CommanderError): Ending {
  if (exitCode === 0) return { code: EXIT.done };
  if (code === 'commander.help') return { code: EXIT.mistake };
  const line = oneLine(message).replace(/^error: /, '');
  const isAtALoss = code === 'commander.unknownCommand' && !line.includes('Did you mean');
  return { code: EXIT.mistake, line: isAtALoss ? `${line}; see glit --help` : line };
}

/** Reports a failure, if nothing has: its line on stderr and, with --json, an object on stdout. Returns the exit code. */
export function report({ code, line }: Ending, json: boolean): number {
  if (line === undefined) return code;
  process.stderr.write(`glit: ${printable(line)}\n`);
  if (json) process.stdout.write(jsonLine({ type: 'error', code, message: line }));
  return code;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
