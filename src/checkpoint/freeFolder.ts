import { constants, existsSync } from 'node:fs';
import { access, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError, writeFailure } from '../errors.js';

/**
 * Throws a UserError unless files can be written at `out`: the nearest of its folders that exists is one, and may be
 * written to. Nothing is created. Call it before any work.
 */
export async function requireWritable(out: string): Promise<void> {
  if (out === '') throw new UserError('the path to write to is empty; give one');
  let nearest = out;
  // The root may be missing, too: a drive of Windows.
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const found = await stat(nearest).catch(() => undefined);
  if (found?.isDirectory() === false) {
    throw new UserError(`${nearest} is a file, so ${out} cannot be made; give another path`);
  }
  try {
    await access(nearest, constants.W_OK | constants.X_OK);
  } catch {
    throw new UserError(`${nearest} cannot be written to, so ${out} cannot be made; give another path`);
  }
}

/**
 * Throws a UserError unless `folder`, given with --out, is empty or can be made. `taken` is the message for one that is not
 * empty.
 */
export async function requireFreeFolder(
  folder: string,
  taken = `${folder} exists and is not empty; give another folder with --out`,
): Promise<void> {
  if (existsSync(folder)) {
    const entries = await readdir(folder).catch(() => {
      throw new UserError(`${folder} is a file; give a folder with --out`);
    });
    if (entries.length > 0) throw new UserError(taken);
  }
  await requireWritable(folder);
}

/** Throws a UserError unless `file` does not exist and can be made. */
export async function requireNewFile(file: string): Promise<void> {
  if (existsSync(file)) throw new UserError(`${file} exists already; give another file`);
  await requireWritable(file);
}

/** Creates a folder and those above it. Throws a UserError when there is no room, no permission or the like. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeFailure(folder, 0, error);
  }
}
