import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFailure } from '../errors.js';

/** Attempts to replace a file that is in use, and the pause between them in milliseconds. */
const RENAME_TRIES = 10;
const RENAME_PAUSE = 50;

/**
 * Replaces a file atomically: its name stands for the old content or the new, never for a part. The content goes to a
 * temporary file in the same folder, is flushed to disk, and the file is renamed. Text is written as UTF-8. The folder
 * must exist. Throws a UserError when there is no room, no permission or the like. A power failure or a killed process can
 * leave a file `.<id>.tmp` behind.
 */
export async function writeFileAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  // Without the file's name, which may be as long as names can be.
  const temporary = path.join(folder, `.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await replace(temporary, file);
  } catch (error) {
    // What cannot be written to can often not be removed from either; the first reason is the one to report.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(file, Buffer.byteLength(content), error);
  }
  await syncFolder(folder);
}

/** On Windows, a virus scanner or another reader can hold a file open for a moment and block its replacement. */
async function replace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const busy =
        error instanceof Error && 'code' in error && ['EPERM', 'EACCES', 'EBUSY'].includes(String(error.code));
      if (!busy || process.platform !== 'win32' || attempt === RENAME_TRIES) throw error;
      await delay(RENAME_PAUSE);
    }
  }
}

/** Makes the rename itself durable. Windows cannot flush folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
