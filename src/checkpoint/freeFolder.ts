import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { UserError } from '../errors.js';

/** Throws a UserError unless `folder`, given with --out, is empty or does not exist. */
export async function requireFreeFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const entries = await readdir(folder).catch(() => {
    throw new UserError(`${folder} is a file; give a folder with --out`);
  });
  if (entries.length > 0) throw new UserError(`${folder} exists and is not empty; give another folder with --out`);
}
