import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.js';

/** The file that makes a folder that of a check by `glit trust`; a search has none. */
export const CHECK_FILE = 'settings.json';

/** Throws a UserError when a folder is that of a check, which has no search to go on with. */
export function requireNoCheck(folder: string): void {
  if (!existsSync(join(folder, CHECK_FILE))) return;
  throw new UserError(`${folder} holds a check, not a search; continue with: glit trust ${checkOf(folder)}`);
}

/** The arguments with which `glit trust` goes on in a folder. */
function checkOf(folder: string): string {
  const run = dirname(folder);
  const [ownName, level] = /^trust(?:-(.+))?$/.exec(basename(folder)) ?? [];
  if (ownName === undefined || !existsSync(join(run, 'config.yaml'))) return `RUN --out ${folder}`;
  return level === undefined ? run : `${run} --level ${level}`;
}
