import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import type { Outcome } from '../telemetry/events.js';
import type { RunStatus } from './digest/digest.js';
import type { RunSummary } from './messages.js';

const JOURNAL = 'journal.jsonl';

/** How deep below a given folder runs are looked for: `runs/<study>/seed-0/<row>/trust`. */
const DEPTH = 4;

/** Bytes at the end of a journal that are read for the list of runs. */
const TAIL = 65_536;

/** A folder with a journal. */
interface FoundRun {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
}

/**
 * The runs in some folders, each a run's own or one that has runs below it. Addresses name runs by id, which only this
 * list turns into a folder.
 */
export class Runs {
  /** Every run that was ever listed: one that was deleted still has its last figures to show. */
  readonly #found = new Map<string, FoundRun>();
  readonly #roots: readonly string[];

  /** Folders that do not exist yet have no runs yet. */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /** All runs, the one with the latest news first. */
  async list(): Promise<readonly RunSummary[]> {
    const below = (await Promise.all(this.#roots.map((root) => runsBelow(root, this.#roots.length > 1)))).flat();
    // Folders that were given can lie in one another.
    const found = new Map(below.map((run) => [run.id, run]));
    for (const [id, run] of found) this.#found.set(id, run);
    const listed = await Promise.all([...found.values()].map(summaryOf));
    const known = listed.filter((each) => each !== undefined);
    return known.sort((one, other) => (one.time < other.time ? 1 : -1));
  }

  /** The folder of a run; undefined if the list has no such id. */
  async folderOf(id: string): Promise<string | undefined> {
    if (!this.#found.has(id)) await this.list();
    return this.#found.get(id)?.folder;
  }
}

/** Throws a UserError when one of the folders does not exist. */
export function requireFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new UserError(`${folder} is not a folder; give the folder of a run, or one that has runs in it`);
    }
  }
}

/** The journal of a run folder. */
export function journalOf(folder: string): string {
  return path.join(folder, JOURNAL);
}

async function runsBelow(root: string, oneOfSeveral: boolean): Promise<FoundRun[]> {
  const own = path.basename(path.resolve(root));
  const nameBelow = (below: string): string => (below === '' ? own : oneOfSeveral ? path.join(own, below) : below);
  const folders = await foldersWithJournal(root, DEPTH);
  return folders.map((folder) => ({
    id: createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 12),
    name: nameBelow(path.relative(root, folder)),
    folder,
  }));
}

async function foldersWithJournal(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const own = entries.some((entry) => entry.isFile() && entry.name === JOURNAL) ? [folder] : [];
  if (depth === 0) return own;
  const inside = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const below = await Promise.all(inside.map(({ name }) => foldersWithJournal(path.join(folder, name), depth - 1)));
  return [...own, ...below.flat()];
}

/** The run's last words, from the end of its journal. */
async function summaryOf({ id, name, folder }: FoundRun): Promise<RunSummary | undefined> {
  const handle = await open(journalOf(folder), 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size, mtime } = await handle.stat();
    return { id, name, time: mtime.toISOString(), ...endingOf(await lastLineOf(handle, size)) };
  } finally {
    await handle.close();
  }
}

/** The last whole line of a file. */
async function lastLineOf(handle: FileHandle, size: number): Promise<string> {
  for (let length = TAIL; ; length *= 2) {
    const bytes = Buffer.alloc(Math.min(length, size));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8', 0, bytesRead).split('\n').slice(0, -1);
    // The first one can be cut off.
    if (lines.length > 1 || length >= size) return lines.at(-1) ?? '';
  }
}

const ENDINGS: Readonly<Record<string, RunStatus>> = {
  runFinished: 'finished',
  runInterrupted: 'interrupted',
  runFailed: 'failed',
};

function endingOf(line: string): Pick<RunSummary, 'status' | 'outcome'> {
  try {
    const { type = '', result } = JSON.parse(line) as { readonly type?: string; readonly result?: Outcome };
    const { [type]: status = 'running' } = ENDINGS;
    return { status, ...(type === 'runFinished' && result !== undefined && { outcome: result }) };
  } catch {
    return { status: 'running' };
  }
}
