import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Layer } from '../../config/layers.js';
import { UserError } from '../../errors.js';
import { RunFolder } from '../folder/runFolder.js';

const FILE = 'check.json';

const schema = z.strictObject({
  candidates: z.int().exactOptional(),
  seeds: z.int().exactOptional(),
  level: z.string().exactOptional(),
  /** Parts of the configuration, such as the length of the trainings, and the options that gave them. */
  layers: z.array(z.strictObject({ source: z.string(), values: z.json() })),
});

/**
 * What a check was asked to do that has to search first. The run folder keeps it in `check.json` until the check is done, so that a search which
 * was interrupted ends with the check that the user wanted.
 */
export interface AskedCheck extends Omit<z.infer<typeof schema>, 'layers'> {
  readonly layers: readonly Layer[];
}

/** The file for a new run folder, by name. */
export function askedFile(asked: AskedCheck): Readonly<Record<string, string>> {
  return { [FILE]: `${JSON.stringify(asked, null, 2)}\n` };
}

/** What the check of this run was asked to do; nothing if it did not have to search first, or is done. */
export async function readAsked(run: string): Promise<AskedCheck> {
  const folder = RunFolder.at(run);
  if (!folder.has(FILE)) return { layers: [] };
  const read = schema.safeParse(parsed(await folder.read(FILE)));
  if (read.success) return read.data;
  throw new UserError(`${folder.path(FILE)} is damaged; remove it, and give the settings of the check again`);
}

/** Forgets it, when the check is done. */
export function removeAsked(run: string): Promise<void> {
  return rm(RunFolder.at(run).path(FILE), { force: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
