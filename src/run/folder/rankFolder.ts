import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import type { Communicator } from '../../comm/communicator.js';
import { agreed } from '../../comm/exchange.js';
import { isAlive, machineName, processSchema, thisProcess } from './processIdentity.js';
import { RunFolder } from './runFolder.js';

/** What a run that goes on reads of its folder, but for the snapshots, which rank 0 hands on itself. */
const KEPT = ['.', 'weights', 'batches'];

/**
 * The folder in which this rank keeps the run of the folder `out`. Rank 0 alone writes to `out`. The others keep a run of
 * their own, which begins as a copy and ends with the process, so machines need no file system in common: all ranks do the
 * same, and find the same in their folders.
 */
export async function rankFolder(ranks: Communicator, out: string): Promise<RankFolder> {
  if (ranks.size === 1) return { path: out, remove: () => Promise.resolve() };
  const home = ranks.rank === 0 ? undefined : await ownFolder();
  // Beside what names the owner, so that a new run finds its folder empty.
  const path = home === undefined ? out : join(home, 'run');
  if (home !== undefined) await mkdir(path);
  const remove = async (): Promise<void> => {
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  };
  const own = RunFolder.at(path);
  const names = await agreed(ranks, () => filesOf(out));
  for (const name of names) {
    const bytes = await ranks.broadcast(0, ranks.rank === 0 ? await own.readBytes(name) : new Uint8Array(0));
    if (ranks.rank !== 0) await own.write(name, bytes);
  }
  return { path, remove };
}

const PREFIX = 'glit-rank-';
const OWNER = 'owner.json';

/** A new folder in the system's temporary one. Those that killed ranks of this machine left are removed. */
async function ownFolder(): Promise<string> {
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true });
  }
  const path = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFileAtomically(join(path, OWNER), JSON.stringify(thisProcess()));
  return path;
}

async function isAbandoned(folder: string): Promise<boolean> {
  try {
    const owner = processSchema.parse(JSON.parse(await readFile(join(folder, OWNER), 'utf8')));
    return owner.host === machineName() && !isAlive(owner);
  } catch {
    return false; // made this moment, removed this moment, or another user's
  }
}

export interface RankFolder {
  readonly path: string;
  /** Removes what only this process needed. */
  readonly remove: () => Promise<void>;
}

async function filesOf(out: string): Promise<readonly string[]> {
  if (!existsSync(join(out, 'config.yaml'))) return [];
  const lists = await Promise.all(
    KEPT.filter((folder) => existsSync(join(out, folder))).map(async (folder) => {
      const entries = await readdir(join(out, folder), { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map(({ name }) => (folder === '.' ? name : `${folder}/${name}`));
    }),
  );
  return lists.flat();
}
