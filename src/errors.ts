/**
 * Something the user can mend: a missing folder, an unreachable budget, a broken file.
 *
 * The message is one line that names the thing, the fact and the next step. The command line prints it as it is,
 * without a stack trace, and exits with code 2.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The work was stopped on request (Ctrl-C, an aborted signal) between two steps; what was done so far is kept. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(message = 'Interrupted') {
    super(message);
  }
}

/** Throws {@link Interrupted} when `signal` was aborted; called between two steps of every long loop. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Interrupted();
}
