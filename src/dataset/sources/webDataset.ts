import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { stopIfAborted, UserError } from '../../errors.js';
import { mapConcurrent } from './mapConcurrent.js';
import { cacheName } from './cache.js';
import { LabelColumn, parseLabel, unifyLabels } from './classes.js';
import type { DeclaredClasses, RawLabel } from './classes.js';
import type { FoundSet } from './found.js';
import { IMAGE_ENDINGS } from './listing.js';
import type { ListingOptions } from './listing.js';
import { PackedIndex, packedSource } from './packed.js';
import type { PackedImage } from './packed.js';
import { splitFiles, type SplitOptions } from './splitNames.js';
import { openTar } from './tar.js';
import type { TarArchive, TarMember } from './tar.js';

/** Settings of {@link findWebDataset}. */
export interface ShardOptions extends ListingOptions, SplitOptions {
  /** Reports how many shards have been listed, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const LEAST_KEPT = 20_000;
const SHARDS_AT_A_TIME = 8;

/**
 * Lists the images in tar shards in WebDataset's layout. Members with the same path up to the first dot of the file
 * name form a sample: an image (`.jpg`, `.png`, ...) and its label (`.cls` or `.cls.txt`: a number or a name; or
 * `.json` with `label`, `cls` or `class`). `files` are the shards, relative to `folder`. Nothing is unpacked.
 *
 * Classes come from `classnames.txt` or `classes.txt` beside the shards, one per line, else from the labels of the
 * training shards. Throws a UserError for a damaged shard, an image without a label, or labels that do not fit.
 */
export async function findWebDataset(
  folder: string,
  files: readonly string[],
  options: ShardOptions,
): Promise<FoundSet> {
  const { train, val, test } = splitFiles(folder, files, options);
  const tests = test.length > 0 ? test : val;
  const shards = [...train, ...tests];
  const { labels: raw, index } = await readShards(shards, train.length, folder, options);
  const { classes, labels } = unifyLabels(raw, await declaredClasses(folder));
  const notices =
    test.length > 0 && val.length > 0
      ? [`${val[0]} and its split are not used: the test images come from ${test[0]}`]
      : [];
  const [trainIndex, testIndex] = index;
  const trainSplit = { source: packedSource(classes, labels[0], shards, trainIndex), shown: raw[0].shown };
  if (testIndex === undefined) return { classes, train: trainSplit, notices };
  const testSplit = { source: packedSource(classes, labels[1], shards, testIndex), shown: raw[1].shown };
  return { classes, train: trainSplit, test: testSplit, notices };
}

interface Shards {
  /** For the training split and, if there is one, the test split. */
  readonly labels: LabelColumn[];
  readonly index: PackedIndex[];
}

const About = z.array(z.object({ values: z.array(z.union([z.number(), z.string()])), ids: z.array(z.number()) }));

/** The samples of all shards; the first `trainShards` are the training split. */
async function readShards(
  shards: readonly string[],
  trainShards: number,
  folder: string,
  { cache, leastKept = LEAST_KEPT, signal, onProgress }: ShardOptions,
): Promise<Shards> {
  const shown = [shards.slice(0, trainShards), shards.slice(trainShards)].map(titleOf);
  const stamps = await Promise.all(shards.map(stampOf));
  const name = cacheName('tar', { shards: shards.map((shard) => path.resolve(shard)), stamps, trainShards });
  const kept = await cache?.read(name);
  if (kept !== undefined) {
    const known = fromRecord(kept.about, kept.parts, shown);
    if (known !== undefined) return known;
  }
  let done = 0;
  const samples = await mapConcurrent(shards, SHARDS_AT_A_TIME, async (shard, file) => {
    const found = await readShard(shard, file, signal);
    onProgress?.(++done, shards.length);
    return found;
  });
  const splits = [samples.slice(0, trainShards).flat(), samples.slice(trainShards).flat()];
  if (trainShards === shards.length) splits.pop();
  splits.forEach((ofSplit, split) => {
    if (ofSplit.length === 0) {
      throw new UserError(
        `${shown[split]} has no image: shards of ${folder} hold samples such as 0001.jpg and 0001.cls`,
      );
    }
  });
  const labels = splits.map((ofSplit, split) => {
    const column = new LabelColumn(shown[split]);
    for (const { label } of ofSplit) column.add(label);
    return column;
  });
  const index = splits.map((ofSplit) => PackedIndex.of(ofSplit));
  if (cache !== undefined && index.reduce((sum, { length }) => sum + length, 0) >= leastKept) {
    await cache.write(name, {
      about: labels.map(({ values, ids }) => ({ values, ids })),
      parts: index.flatMap((one) => one.parts()),
    });
  }
  return { labels, index };
}

function fromRecord(about: unknown, parts: readonly Uint8Array[], shown: readonly string[]): Shards | undefined {
  const columns = About.safeParse(about);
  if (!columns.success) return undefined;
  const labels: LabelColumn[] = [];
  const index: PackedIndex[] = [];
  for (const [split, { values, ids }] of columns.data.entries()) {
    const one = PackedIndex.fromParts(parts.slice(5 * split, 5 * split + 5));
    if (one?.length !== ids.length) return undefined;
    const column = new LabelColumn(shown[split]);
    for (const id of ids) column.add(values[id]);
    labels.push(column);
    index.push(one);
  }
  return { labels, index };
}

function titleOf(shards: readonly string[]): string {
  return shards.length < 2 ? (shards[0] ?? '') : `${shards[0]} and ${shards.length - 1} more`;
}

async function stampOf(file: string): Promise<string> {
  const { size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

const NAME_FILES = ['classnames.txt', 'classes.txt'];
const MOST_NAME_BYTES = 2 ** 22;

/** The class names beside the shards, if any. */
async function declaredClasses(folder: string): Promise<DeclaredClasses | undefined> {
  for (const name of NAME_FILES) {
    const file = path.join(folder, name);
    const entry = await stat(file).catch(() => undefined);
    if (entry?.isFile() !== true) continue;
    if (entry.size > MOST_NAME_BYTES)
      throw new UserError(`${file} is not a list of classes: it has ${entry.size} bytes`);
    const names = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim());
    while (names.at(-1) === '') names.pop();
    if (names.length === 0) throw new UserError(`${file} is empty: it has to name the classes, one a line`);
    const blank = names.indexOf('');
    if (blank !== -1) throw new UserError(`${file} names no class in line ${blank + 1}: it has to have one a line`);
    return { names, shown: file };
  }
  return undefined;
}

interface Sample extends PackedImage {
  readonly label: RawLabel;
}

interface Unfinished {
  image?: TarMember;
  label?: RawLabel;
}

async function readShard(shard: string, file: number, signal: AbortSignal | undefined): Promise<Sample[]> {
  const archive = await openTar(shard);
  try {
    const partial = new Map<string, Unfinished>();
    for await (const member of archive.members()) {
      stopIfAborted(signal);
      await take(partial, member, archive, shard);
    }
    const samples: Sample[] = [];
    for (const [key, { image, label }] of partial) {
      if (image === undefined) continue;
      if (label === undefined || label === '') {
        throw new UserError(
          `${shard} has no label for ${image.name}: add ${key}.cls with the number or name of its class`,
        );
      }
      samples.push({ file, start: image.start, length: image.length, name: image.name, label });
    }
    return samples;
  } finally {
    await archive.close();
  }
}

const MOST_CLS = 4096;
const MOST_JSON = 2 ** 20;

/** Adds a member to its sample. */
async function take(
  samples: Map<string, Unfinished>,
  member: TarMember,
  archive: TarArchive,
  shard: string,
): Promise<void> {
  const { key, ending } = partsOf(member.name);
  if (key === undefined) return;
  const sample = samples.get(key) ?? {};
  samples.set(key, sample);
  if (IMAGE_ENDINGS.includes(`.${ending}`)) {
    if (sample.image !== undefined) {
      throw new UserError(`${shard} has two images for one sample, ${sample.image.name} and ${member.name}: keep one`);
    }
    sample.image = member;
  } else if (ending === 'cls' || ending === 'cls.txt') {
    const text = member.length > MOST_CLS ? '' : (await archive.body(member)).toString('utf8');
    if (text.trim() === '') {
      throw new UserError(`${member.name} in ${shard} is not a label: it must hold the number or name of a class`);
    }
    sample.label = parseLabel(text);
  } else if (ending === 'json' && sample.label === undefined && member.length <= MOST_JSON) {
    const label = labelIn(await archive.body(member));
    if (label !== undefined) sample.label = label;
  }
}

/** The path up to the first dot of the file name, and the rest in lower case; no key for a hidden file. */
function partsOf(name: string): { key?: string; ending: string } {
  const slash = name.lastIndexOf('/') + 1;
  const dot = name.indexOf('.', slash);
  if (dot === -1 || dot === slash) return { ending: '' };
  return { key: name.slice(0, dot), ending: name.slice(dot + 1).toLowerCase() };
}

const Label = z.union([z.number().int(), z.string().min(1)]);

/** The label in a sample's JSON: a whole number, or text. */
function labelIn(json: Buffer): RawLabel | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of ['label', 'cls', 'class']) {
    const label = Label.safeParse(Object.getOwnPropertyDescriptor(value, key)?.value);
    if (label.success) return typeof label.data === 'string' ? parseLabel(label.data) : label.data;
  }
  return undefined;
}
