import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Interrupted, stopIfAborted, UserError } from '../../errors.js';
import { Cache, cacheName } from './cache.js';
import { LabelColumn, unifyLabels } from './classes.js';
import type { DeclaredClasses } from './classes.js';
import type { FoundSet } from './found.js';
import { PackedIndex, packedSource } from './packed.js';
import { UNLABELLED } from './parquetTable.js';
import type { TableIndex } from './parquetTable.js';
import type { TableJob, TableNews } from './parquetProcess.js';
import { splitFiles, type SplitOptions } from './splitNames.js';

/** Settings of {@link findParquet}. */
export interface ParquetOptions extends SplitOptions {
  /** The cache that images are copied to. */
  readonly cache?: Cache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reports how many files have been read, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Seconds without progress after which a file counts as unreadable. */
  readonly patience?: number | undefined;
}

const PATIENCE = 120;

/**
 * Opens Parquet files with a column of images and one of labels, like Hugging Face data sets. `files` are relative to
 * `folder`; their names give their split. Table columns cannot be read image by image, so the encoded images are copied
 * once, unchanged, to a file in the cache, which is valid until the Parquet file changes.
 *
 * The classes are those that the files name, or the labels of the training split. Throws a UserError for a damaged
 * file, a table without labelled images, or labels that do not fit.
 */
export async function findParquet(
  folder: string,
  files: readonly string[],
  options: ParquetOptions,
): Promise<FoundSet> {
  const { train, val, test } = splitFiles(folder, files, options);
  const all = [...train, ...test, ...val];
  let done = 0;
  const open = async (shown: readonly string[]): Promise<Table[]> => {
    const tables: Table[] = [];
    for (const file of shown) {
      stopIfAborted(options.signal);
      tables.push(await openTable(file, options));
      options.onProgress?.(++done, all.length);
    }
    return tables;
  };
  const notices: string[] = [];
  const trainTables = await open(train);
  const splits = [asSplit(trainTables)];
  let others = await open(test);
  if (others.length > 0 && others.every(isUnlabelled)) {
    notices.push(`${test[0]} has no labels${val.length > 0 ? `: the test images come from ${val[0]}` : ''}`);
    others = [];
  } else if (others.length > 0 && val.length > 0) {
    notices.push(`${val[0]} and its split are not used: the test images come from ${test[0]}`);
  }
  if (others.length === 0) others = await open(val);
  if (others.length > 0) splits.push(asSplit(others));
  // Files that turn out not to be needed count as read.
  if (done < all.length) options.onProgress?.(all.length, all.length);

  const { classes, labels } = unifyLabels(
    splits.map(({ column }) => column),
    declaredBy([...trainTables, ...others]),
  );
  const [trainSplit, testSplit] = splits.map(({ column, index, copies, shown }, split) => ({
    source: packedSource(classes, labels[split], copies, index, shown),
    shown: column.shown,
  }));
  return { classes, train: trainSplit, ...(testSplit !== undefined && { test: testSplit }), notices };
}

/** A Parquet file whose images are in the cache. */
interface Table {
  /** The file's name in messages. */
  readonly shown: string;
  /** The file of its concatenated images. */
  readonly copy: string;
  readonly table: TableIndex;
}

function isUnlabelled({ table }: Table): boolean {
  return table.values.every((value) => value === UNLABELLED);
}

function asSplit(tables: readonly Table[]) {
  const [first] = tables;
  const title = tables.length === 1 ? first.shown : `${first.shown} and ${tables.length - 1} more`;
  const column = new LabelColumn(title);
  const images = tables.flatMap(({ table, shown }, file) => {
    if (isUnlabelled({ table, shown, copy: '' })) {
      throw new UserError(`${shown} has no labels: all of them are ${UNLABELLED}`);
    }
    let start = 0;
    return table.lengths.map((length, row) => {
      const begin = start;
      start += length;
      column.add(table.values[table.ids[row]]);
      return { file, start: begin, length, name: `row ${row}` };
    });
  });
  return {
    column,
    index: PackedIndex.of(images),
    copies: tables.map(({ copy }) => copy),
    shown: tables.map(({ shown }) => shown),
  };
}

/** The class names that the files declare; all files must agree. */
function declaredBy(tables: readonly Table[]): DeclaredClasses | undefined {
  const [first] = tables;
  const different = tables.find(({ table }) => table.classes?.join('\n') !== first.table.classes?.join('\n'));
  if (different !== undefined) {
    const count = ({ table: { classes } }: Table): string =>
      classes === undefined ? 'no names of classes' : `${classes.length} classes`;
    throw new UserError(
      `${first.shown} has ${count(first)} and ${different.shown} has ${count(different)}, or others: the files of a set must name the same classes`,
    );
  }
  const { classes } = first.table;
  return classes === undefined ? undefined : { names: classes, shown: first.shown };
}

const About = z.object({
  values: z.array(z.union([z.number(), z.string()])),
  ids: z.array(z.number()),
  classes: z.array(z.string()).optional(),
  lengths: z.array(z.number()),
});

/** A Parquet file's record in the cache; the file is read if there is none. */
async function openTable(shown: string, options: ParquetOptions): Promise<Table> {
  const { cache = new Cache() } = options;
  const file = path.resolve(shown);
  const { size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  const name = cacheName('parquet', { file, stamp: `${size} ${mtimeNs} ${ctimeNs}` });
  const imagesName = `${name}-images`;
  const copy = cache.file(imagesName);
  const kept = About.safeParse((await cache.read(name))?.about);
  if (kept.success) {
    const bytes = kept.data.lengths.reduce((sum, length) => sum + length, 0);
    const found = await stat(copy).catch(() => undefined);
    if (found?.size === bytes) return { shown, copy, table: { ...kept.data, classes: kept.data.classes } };
  }
  const job = { file, shown, cacheFolder: cache.folder, imagesName, id: randomUUID() };
  let table: TableIndex;
  try {
    table = await inProcess(job, options.patience ?? PATIENCE, options.signal);
  } catch (error) {
    // A killed process cannot clean up.
    await rm(cache.temporary(imagesName, job.id), { force: true }).catch(() => undefined);
    throw error;
  }
  await cache.write(name, { about: table, parts: [] });
  return { shown, copy, table };
}

/** Enough for the rows of any row group; image bytes are extra. */
const MOST_HEAP_MB = 1024;

/** Reads a table in a separate process, and kills it if it needs too much memory or stops responding. */
function inProcess(job: TableJob, patience: number, signal: AbortSignal | undefined): Promise<TableIndex> {
  // The listener below hears only of what comes later.
  stopIfAborted(signal);
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./parquetProcess.js', import.meta.url)), {
      execArgv: [`--max-old-space-size=${MOST_HEAP_MB}`],
      serialization: 'advanced',
      // Discard what the engine prints when it aborts.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let timer: NodeJS.Timeout | undefined;
    let settle: (() => void) | undefined;
    // Only the first reason counts, since the process's exit is reported too. The answer is given after the exit.
    const end = (how: () => void): void => {
      if (settle !== undefined) return;
      settle = how;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGKILL')) how();
    };
    const fail = (message: string, cause?: unknown): void => {
      end(() => {
        reject(new UserError(`${job.shown} ${message}`, { cause }));
      });
    };
    const abort = (): void => {
      end(() => {
        reject(new Interrupted());
      });
    };
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fail(`takes more than ${patience} s to decode a row group: it is damaged, or write it with smaller row groups`);
      }, patience * 1000);
    };
    signal?.addEventListener('abort', abort, { once: true });
    wait();
    child.on('message', (message) => {
      const news = message as TableNews;
      if ('reading' in news) {
        if (news.reading) clearTimeout(timer);
        else wait();
      } else if ('index' in news) {
        end(() => {
          resolve(news.index);
        });
      } else if (news.isMistake) {
        end(() => {
          reject(new UserError(news.failure));
        });
      } else {
        fail(`cannot be read as Parquet (${news.failure}): it is damaged, or of a kind that glit does not know`);
      }
    });
    child.on('error', (error) => {
      fail(`cannot be read, because no process can be started for it (${error.message})`, error);
    });
    child.on('exit', () => {
      fail('takes more memory than a table of images can need: it is damaged, or write it with smaller row groups');
      settle?.();
    });
    child.send(job);
  });
}
