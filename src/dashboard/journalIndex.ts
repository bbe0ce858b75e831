/**
 * The index of a journal: its digest up to some byte, in a file beside the journal, so that a long journal opens at
 * once. It is only a shortcut: without it, or when it does not belong to the journal, the journal is read again.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import type { DigestData } from './digest/digest.js';

/** Changes with the form of {@link DigestData}; an index of another version is ignored. */
const VERSION = 3;

/** Bytes that are compared at the start of a journal and before an index's end. */
const COMPARED = 4096;

export interface JournalIndex {
  readonly version: number;
  /** Bytes of the journal that the digest covers: whole lines. */
  readonly position: number;
  /** Lines in them. */
  readonly lines: number;
  /** Lines in them that are not entries. */
  readonly broken: number;
  /** Hashes of the journal's first bytes and of those before `position`. */
  readonly mark: string;
  readonly digest: DigestData;
}

/** The file of a journal's index. */
export function indexFileOf(journal: string): string {
  return `${journal.replace(/\.jsonl$/, '')}.index.json`;
}

/** The index of an open journal, if there is one that fits. */
export async function readIndex(journal: string, handle: FileHandle, size: number): Promise<JournalIndex | undefined> {
  const index = await intact(indexFileOf(journal));
  if (index?.version !== VERSION || !(index.position <= size)) return undefined;
  return index.mark === (await markOf(handle, index.position)) ? index : undefined;
}

/** Writes the index. A folder that cannot be written, or was deleted, keeps none: it is only a shortcut. */
export async function writeIndex(journal: string, given: Omit<JournalIndex, 'version'>): Promise<void> {
  const index = { version: VERSION, ...given };
  const text = JSON.stringify({ checksum: checksumOf(index), ...index });
  await writeFileAtomically(indexFileOf(journal), text).catch(() => undefined);
}

/** What tells whether the first `position` bytes of a journal are those that were read. */
export async function markOf(handle: FileHandle, position: number): Promise<string> {
  const hash = createHash('sha256');
  for (const from of [0, Math.max(0, position - COMPARED)]) {
    const bytes = Buffer.alloc(Math.min(COMPARED, position));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    hash.update(bytes.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}

/** The index in a file; undefined if there is none or it is damaged, since nothing in a digest is checked after this. */
async function intact(file: string): Promise<JournalIndex | undefined> {
  try {
    const { checksum, ...index } = JSON.parse(await readFile(file, 'utf8')) as JournalIndex & {
      readonly checksum: string;
    };
    return checksum === checksumOf(index) ? index : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf(index: JournalIndex): string {
  return createHash('sha256').update(JSON.stringify(index)).digest('hex');
}
