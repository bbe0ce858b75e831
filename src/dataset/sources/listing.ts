import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { stopIfAborted, UserError } from '../../errors.js';
import { mapConcurrent } from './mapConcurrent.js';
import { cacheName } from './cache.js';
import type { Cache } from './cache.js';
import { Names } from './names.js';

/** Endings of image files, in any case: the formats that the decoder reads without further libraries. */
export const IMAGE_ENDINGS: readonly string[] = '.jpg .jpeg .jpe .jfif .png .webp .gif .avif .tif .tiff'.split(' ');

const ENDINGS = new Set(IMAGE_ENDINGS);

/** A folder of class folders, listed. */
export interface ClassFolders {
  /** Sorted by UTF-16 code units, as are the images of each. */
  readonly classes: readonly { readonly name: string; readonly images: Names }[];
  /** Images beside the class folders, which have no class. */
  readonly loose: number;
}

export interface ListingOptions {
  /** Where a long listing is cached. */
  readonly cache?: Cache | undefined;
  /** The number of images from which a listing is cached. */
  readonly leastKept?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Below this, listing takes less than a second on most disks. */
const LEAST_KEPT = 20_000;
const FOLDERS_AT_A_TIME = 16;
/**
 * A folder that changed this shortly before it was listed may change again with the same time stamp: some disks count
 * in seconds.
 */
const UNSURE_MS = 3000;

/**
 * Lists the class folders in `root`, which messages call `shown`. Hidden names and files without one of the {@link
 * IMAGE_ENDINGS} are skipped. A long listing is cached; the next one lists only folders whose times have changed.
 * Throws a UserError when a folder cannot be listed.
 */
export async function listClassFolders(root: string, shown: string, options: ListingOptions): Promise<ClassFolders> {
  const { cache, leastKept = LEAST_KEPT, signal } = options;
  const entries = await list(root, shown);
  const names = (await foldersIn(root, entries)).map(({ name }) => name).sort();
  const known = cache === undefined ? NOTHING_KNOWN : await readKnown(cache, root);
  let listedNow = 0;
  const listed = await mapConcurrent(names, FOLDERS_AT_A_TIME, async (name) => {
    stopIfAborted(signal);
    const folder = join(root, name);
    const stamp = await stampOf(folder);
    const old = known.get(name);
    if (old !== undefined && old.stamp === stamp) return { name, stamp, images: old.images };
    listedNow++;
    const images = (await list(folder, join(shown, name))).filter(isImage).map((entry) => entry.name);
    return { name, stamp, images: Names.of(images.sort()) };
  });
  const total = listed.reduce((sum, { images }) => sum + images.length, 0);
  if (cache !== undefined && total >= leastKept && (listedNow > 0 || known.size !== names.length)) {
    await cache.write(recordName(root), {
      about: listed.map(({ name, stamp, images }) => ({ name, stamp, images: images.length })),
      parts: Names.concat(listed.map(({ images }) => images)).parts(),
    });
  }
  return { classes: listed, loose: entries.filter(isImage).length };
}

type Known = ReadonlyMap<string, { readonly stamp: string; readonly images: Names }>;

const NOTHING_KNOWN: Known = new Map();
const About = z.array(z.object({ name: z.string(), stamp: z.string(), images: z.number() }));

function recordName(root: string): string {
  return cacheName('listing', root);
}

/** The cached result of an earlier listing of `root`. */
async function readKnown(cache: Cache, root: string): Promise<Known> {
  const record = await cache.read(recordName(root));
  const about = About.safeParse(record?.about);
  if (record?.parts.length !== 2 || !about.success) return NOTHING_KNOWN;
  const all = Names.fromParts(record.parts[0], record.parts[1]);
  const known = new Map<string, { stamp: string; images: Names }>();
  let begin = 0;
  for (const { name, stamp, images } of about.data) {
    if (stamp !== UNSURE) known.set(name, { stamp, images: all.slice(begin, begin + images) });
    begin += images;
  }
  return known;
}

const UNSURE = '';

/** When the folder last changed. Unlike mtime, ctime cannot be set by hand. */
async function stampOf(folder: string): Promise<string> {
  const asked = Date.now();
  const times: BigIntStats | undefined = await stat(folder, { bigint: true }).catch(() => undefined);
  if (times === undefined || asked - Number(times.mtimeMs) < UNSURE_MS) return UNSURE;
  return `${times.mtimeNs} ${times.ctimeNs} ${times.ino}`;
}

/** The visible entries of a folder. Entries know their type, so no file needs its own stat call. */
export async function list(path: string, shown: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    throw new UserError(`${shown} ${whyNotListed(error)}`, { cause: error });
  }
}

function whyNotListed(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist: check the path of the image folder';
  if (code === 'ENOTDIR') return 'is not a folder: give the folder that holds the class folders';
  return `cannot be read (${String(code ?? error)}): check its permissions`;
}

/** The folders among the entries; a link to a folder counts. */
export async function foldersIn(root: string, entries: readonly Dirent[]): Promise<Dirent[]> {
  const areFolders = await mapConcurrent(entries, FOLDERS_AT_A_TIME, async (entry) => {
    if (!entry.isSymbolicLink() || isImage(entry)) return entry.isDirectory();
    const target = await stat(join(root, entry.name)).catch(() => undefined);
    return target?.isDirectory() ?? false;
  });
  return entries.filter((_, index) => areFolders[index]);
}

/** Whether an entry looks like an image by its name. */
export function isImage(entry: Dirent): boolean {
  return !entry.isDirectory() && ENDINGS.has(extname(entry.name).toLowerCase());
}
