import { z } from 'zod';
import type { Dataset } from '../../dataset/dataset.js';
import { show, UserError } from '../../errors.js';
import { fingerprint } from '../../loader/fingerprint.js';
import type { RunFolder } from './runFolder.js';

const splitSchema = z.object({ images: z.int(), sha256: z.string() });
/** Which images a run works with: classes, and a hash of the labels and files of each split. */
export const imagesRecord = z.object({ classes: z.array(z.string()), train: splitSchema, test: splitSchema });

export type ImagesRecord = z.infer<typeof imagesRecord>;

const FILE = 'images.json';

export function recordOf({ classes, ...dataset }: Dataset): ImagesRecord {
  const { train, test } = dataset.found ?? dataset;
  const split = (source: Dataset['train']) => ({ images: source.labels.length, sha256: fingerprint(source) });
  return { classes: [...classes], train: split(train), test: split(test) };
}

/** What a run wrote of its images; undefined for runs of earlier builds. */
export async function readImagesRecord(folder: RunFolder): Promise<ImagesRecord | undefined> {
  if (!folder.has(FILE)) return undefined;
  const record = imagesRecord.safeParse(jsonOf(await folder.read(FILE)));
  if (record.success) return record.data;
  throw new UserError(`${folder.path(FILE)} is damaged; restore it, or remove it if the images are the same as before`);
}

/** The value of a JSON text; undefined if it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the record of a new run, or checks a resumed one's. Throws a UserError when the images are others. */
export async function keepImagesRecord(folder: RunFolder, dataset: Dataset, source: string): Promise<void> {
  const [recorded, now] = [await readImagesRecord(folder), recordOf(dataset)];
  if (recorded === undefined) {
    await folder.write(FILE, `${JSON.stringify(now, null, 2)}\n`);
    return;
  }
  const change = changeOf(recorded, now);
  if (change === undefined) return;
  throw new UserError(
    `the images in ${source} have changed since the run in ${folder.root} began: ${change}; a resumed run would mix what it has learnt from with what it is tested on: bring back the former, or start a new run`,
  );
}

/** How images differ from those of a record; undefined if they do not. */
export function changeOf(recorded: ImagesRecord, now: ImagesRecord): string | undefined {
  if (now.classes.length !== recorded.classes.length) {
    return `${now.classes.length} classes instead of ${recorded.classes.length}`;
  }
  const other = now.classes.findIndex((name, at) => name !== recorded.classes[at]);
  if (other !== -1) return `the class ${show(now.classes[other])} instead of ${show(recorded.classes[other])}`;
  for (const [split, words] of [
    ['train', 'training'],
    ['test', 'test'],
  ] as const) {
    const [before, after] = [recorded[split], now[split]];
    if (before.images !== after.images) return `${after.images} ${words} images instead of ${before.images}`;
    if (before.sha256 !== after.sha256) return `other ${words} images`;
  }
  return undefined;
}
