import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Where a run folder has pictures of first batches. */
export const BATCHES = 'batches';

/** The names of the pictures of first batches in a run folder. */
export async function firstBatches(folder: string): Promise<readonly string[]> {
  const names = await readdir(path.join(folder, BATCHES)).catch(() => []);
  return names.filter((name) => name.endsWith('.png')).sort();
}
