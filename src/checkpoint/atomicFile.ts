import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a replaced file may be found in use, and the pause in milliseconds before the next try. */
const RENAME_TRIES = 10;
const RENAME_PAUSE = 50;

/**
 * Writes a whole file so that its name stands for the old content or for the new one, never for a part: into a
 * temporary file in the same folder, flushed to the disk, then renamed. Text is written as UTF-8. The folder must
 * exist. After a power failure or a killed process a file `.<name>.<id>.tmp` may be left behind.
 */
export async function writeFileAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomUUID()}.tmp`);
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
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** On Windows a file that a virus scanner or another reader holds open cannot be replaced for a moment. */
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

/** Makes the rename itself last. Windows has no such call for folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
