/**
 * An error that the user can fix: a missing folder, an impossible budget, a broken file.
 *
 * The message is one line: the thing, the fact and the next step. The command line prints it without a stack trace and
 * exits with code 2.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Work was stopped on request (Ctrl-C, an aborted signal) between two steps; finished work is kept. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(message = 'interrupted') {
    super(message);
  }
}

/** Throws {@link Interrupted} when `signal` is aborted; every long loop calls it between steps. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Interrupted();
}

/** What the system's codes mean for a file that cannot be written, and what to do. */
const WRITE_FAILURES: Readonly<Record<string, readonly [fact: string, nextStep: string]>> = {
  ENOSPC: ['the disk is full', 'make room'],
  EDQUOT: ['your quota is used up', 'make room'],
  EFBIG: ['a file may not become that large here', 'raise the limit (ulimit -f), or use another disk'],
  ENAMETOOLONG: ['its name is too long', 'give a shorter one'],
  ENOTDIR: ['a part of its path is a file', 'use another folder'],
  EEXIST: ['a file has its name', 'remove that'],
  EROFS: ['the disk is read-only', 'make it writable, or use another one'],
  EACCES: ['you have no permission', 'change it, or use another folder'],
  EPERM: ['you have no permission', 'change it, or use another folder'],
  EIO: ['the disk reports an error', 'check it, or use another one'],
};

/**
 * An error while writing `bytes` to a file, 0 for a folder, as a UserError if the user can do something about it.
 */
export function writeFailure(file: string, bytes: number, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const known = WRITE_FAILURES[String(error.code)];
  if (known === undefined) return error;
  const [fact, nextStep] = known;
  const failed = bytes === 0 ? 'made' : `written (${bytes} bytes)`;
  return new UserError(`${file} cannot be ${failed}: ${fact}; ${nextStep}, and continue`);
}

/** How deep {@link show} looks into a value. */
const DEEPEST_SHOWN = 3;

/**
 * Formats an untrusted value for a message: like JSON, on one line, of at most `most` characters. Unlike
 * JSON.stringify, it handles values that are very deep, very large or contain themselves.
 */
export function show(value: unknown, most = 60): string {
  if (value === undefined) return 'missing';
  const text = Array.from(pieces(value, most, 0)).join('');
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Collects the parts of a value's text until there are enough. */
function* pieces(value: unknown, most: number, depth: number): Generator<string, void, undefined> {
  if (typeof value === 'string') yield JSON.stringify(value.length <= most ? value : value.slice(0, most));
  else if (typeof value !== 'object' || value === null) yield String(value);
  else if (depth === DEEPEST_SHOWN) yield Array.isArray(value) ? '[…]' : '{…}';
  else {
    const entries: Iterable<readonly [string, unknown]> = Array.isArray(value)
      ? value.slice(0, most).map((each: unknown) => ['', each] as const)
      : Object.entries(value).map(([key, each]) => [`${show(key, most)}:`, each] as const);
    let length = 0;
    yield Array.isArray(value) ? '[' : '{';
    for (const [key, each] of entries) {
      if (length > most) break;
      for (const piece of [length === 0 ? '' : ',', key, ...pieces(each, most, depth + 1)]) {
        length += piece.length;
        yield piece;
      }
    }
    yield Array.isArray(value) ? ']' : '}';
  }
}

/** A word of a command to copy: unchanged, or quoted where a shell would split or expand it. */
export function shellWord(word: string): string {
  // A backslash separates folders on Windows.
  return /^[\p{L}\p{N}_@%+=:,./\\-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Formats an untrusted name for a message: unchanged, or quoted and truncated if it is long or has odd characters. */
export function showName(name: string): string {
  return name.length <= 60 && /^[\p{L}\p{N}_. :/-]+$/u.test(name) ? name : show(name);
}
