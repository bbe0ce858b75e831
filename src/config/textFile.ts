import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../errors.js';

/** Larger texts would take gigabytes to parse; beyond half a gigabyte, they are larger than a string can be. */
const MOST_BYTES = 2 ** 26;

/** The text of a file. Throws a UserError when it is larger than `what`, such as `a configuration`, can be. */
export async function readTextFile(file: string, what: string, most = MOST_BYTES): Promise<string> {
  const { size } = await stat(file);
  if (size > most) throw new UserError(`${file} has ${size} bytes; ${what} has at most ${most}`);
  return readFile(file, 'utf8');
}
