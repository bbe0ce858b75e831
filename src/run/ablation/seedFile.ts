import { z } from 'zod';
import { readTextFile } from '../../config/textFile.js';
import { show, UserError } from '../../errors.js';
import type { JsonObject } from '../../telemetry/events.js';
import { imagesRecord } from '../folder/imagesRecord.js';
import { ROW_NAMES, type RowName } from './rows.js';

/** What a seed's file says that it is. */
export const SEED_KIND = 'glit-ablation-seed/1';

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const seconds = z.number().min(0);
const object: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** The network of one row. */
const rowResult = z.strictObject({
  /** Accuracy on the images held out from training, and on the test images. */
  heldOut: share,
  test: share,
  macs: count,
  parameters: count,
  /** What it has cost; see Effort. */
  processorSeconds: seconds,
  seconds,
  supernetSteps: count,
  candidates: count,
  trainings: count,
  /** In the form of an architecture file. */
  architecture: object,
});

/**
 * Everything about one seed of an ablation study, in a file of its own that needs no other. It has no path of the machine
 * that made it: in the configuration, the data set's name stands for its folder.
 */
const seedResult = z.strictObject({
  kind: z.literal(SEED_KIND),
  /** The version of glit. */
  glit: z.string(),
  preset: z.string().min(1),
  seed: count,
  dataset: z.strictObject({ name: z.string().min(1), classes: count, train: count, heldOut: count, test: count }),
  /** Which images these are; missing in files of earlier builds. */
  images: imagesRecord.optional(),
  /** The configuration of the study, complete; a row may change parts of it. */
  config: object,
  rows: z.partialRecord(z.enum(ROW_NAMES), rowResult),
});

export type RowResult = z.infer<typeof rowResult>;
export type SeedResult = z.infer<typeof seedResult>;

/** The name of a seed's file: `cifar10-cifar-seed0.json`. */
export function seedFileName({ dataset, preset, seed }: Pick<SeedResult, 'dataset' | 'preset' | 'seed'>): string {
  return `${dataset.name.replaceAll(/[^\w.-]+/g, '-')}-${preset}-seed${seed}.json`;
}

/** A seed's result as a file. */
export function formatSeed({ rows, ...rest }: SeedResult): string {
  const ordered = Object.fromEntries(ROW_NAMES.filter((name) => name in rows).map((name) => [name, rows[name]]));
  return `${JSON.stringify({ ...rest, rows: ordered }, null, 2)}\n`;
}

/** A seed's result; undefined if the file is JSON of another kind. Throws a UserError when it is damaged. */
export async function readSeed(file: string): Promise<SeedResult | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readTextFile(file, "a seed's result"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message.replaceAll(/[\s\p{C}]+/gu, ' ').slice(0, 200) : 'unreadable';
    throw new UserError(`${file} cannot be read as JSON (${reason}); restore it, or remove it to run its seed again`);
  }
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== SEED_KIND) return undefined;
  const parsed = seedResult.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const found = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw new UserError(
    `${file}: ${path.map(String).join('.') || 'the file'} is ${show(found)} (${message}); restore the file, or remove it to run its seed again`,
  );
}

/** The rows of a seed that have a result, in order. */
export function rowsOf({ rows }: SeedResult): readonly (readonly [name: RowName, result: RowResult])[] {
  return ROW_NAMES.flatMap((name) => {
    const result = rows[name];
    return result === undefined ? [] : [[name, result] as const];
  });
}
