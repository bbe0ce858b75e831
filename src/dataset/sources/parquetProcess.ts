// The process that a Parquet file is read in. A damaged file can make the library take memory until the engine gives up
// and aborts, which a thread would not outlive alone: what it does, to memory or without end, ends with this process.
import { open, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { Cache } from './cache.js';
import { readTable } from './parquetTable.js';
import type { TableIndex } from './parquetTable.js';

/** What the process is sent: the file, what messages call it, and the file in the cache that its images go to. */
export interface TableJob {
  readonly file: string;
  readonly shown: string;
  readonly cacheFolder: string;
  readonly imagesName: string;
  /** Under which the images are written until they are complete. */
  readonly id: string;
}

/** What the process tells: that it works or waits for the disk, and how it ended. */
export type TableNews =
  | { readonly reading: boolean }
  | { readonly index: TableIndex }
  | { readonly failure: string; readonly isMistake: boolean };

const tell = (news: TableNews): void => {
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
          tell({ reading });
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

/** Images that are joined to one write. */
const CHUNKS = 64;

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

async function answer(job: TableJob): Promise<void> {
  try {
    tell({ index: await convert(job) });
  } catch (error) {
    const isMistake = error instanceof UserError;
    tell({ failure: error instanceof Error ? error.message.split('\n', 1)[0] : String(error), isMistake });
  }
}

process.once('message', (job: TableJob) => void answer(job));
process.once('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the one that started this one says when to end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
