// The process that reads a Parquet file. A damaged file can make the library allocate memory until the engine aborts,
// or loop forever. An abort in a thread would kill the main process too; here it only ends this one.
import { open, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { Cache } from './cache.js';
import { readTable } from './parquetTable.js';
import type { TableIndex } from './parquetTable.js';

/** The job: the file, its name in messages, and the cache file for its images. */
export interface TableJob {
  readonly file: string;
  readonly shown: string;
  readonly cacheFolder: string;
  readonly imagesName: string;
  /** The temporary path of the images until they are complete. */
  readonly id: string;
}

/** The process's messages: that it works or waits for the disk, and how it ended. */
export type TableNews =
  | { readonly reading: boolean }
  | { readonly index: TableIndex }
  | { readonly failure: string; readonly isMistake: boolean };

const report = (news: TableNews): void => {
  process.send?.(news);
};

async function convert({ file, shown, cacheFolder, imagesName, id }: TableJob): Promise<TableIndex> {
  const cache = new Cache(cacheFolder);
  const handle = await open(file);
  try {
    let index: TableIndex | undefined;
    const copy = async (images: FileHandle): Promise<void> => {
      index = await readTable(shown, handle, {
        async reserve(bytes) {
          const { bavail, bsize } = await statfs(cacheFolder);
          if (bytes <= bavail * bsize) return;
          throw new UserError(
            `the images of ${shown} take ${mebibytes(bytes)} in the cache folder ${cacheFolder}, which has room for ${mebibytes(bavail * bsize)}: make room, or set GLIT_CACHE to another folder`,
          );
        },
        async write(chunks) {
          for (let from = 0; from < chunks.length; from += CHUNKS) {
            await images.appendFile(Buffer.concat(chunks.slice(from, from + CHUNKS)));
          }
        },
        alive: (reading) => {
          report({ reading });
        },
      });
    };
    await cache.fill(imagesName, copy, id);
    if (index === undefined) throw new Error('the images were not written');
    return index;
  } finally {
    await handle.close();
  }
}

/** Images joined into one write. */
const CHUNKS = 64;

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

async function answer(job: TableJob): Promise<void> {
  try {
    report({ index: await convert(job) });
  } catch (error) {
    const isMistake = error instanceof UserError;
    report({ failure: error instanceof Error ? error.message.split('\n', 1)[0] : String(error), isMistake });
  }
}

process.once('message', (job: TableJob) => void answer(job));
process.once('disconnect', () => process.exit());
// Ctrl-C, or a terminal that is closed, reaches all its processes; the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
