import { parquetSchema } from 'hyparquet';
import type { FileMetaData, SchemaTree } from 'hyparquet';
import { z } from 'zod';
import { UserError } from '../../errors.js';

/** The two columns of a table that make it a set of labelled images. */
export interface ImageColumns {
  readonly image: string;
  readonly label: string;
  /** The class names, if the file declares them. */
  readonly classes: readonly string[] | undefined;
}

const IMAGE_NAMES = 'image img images picture photo jpg jpeg png webp image_bytes bytes'.split(' ');
const LABEL_NAMES = 'label labels fine_label class cls target category class_name class_label y'.split(' ');

/**
 * Finds the column of images (a struct with `bytes`, or plain bytes) and the column of labels (integers or text). The
 * Hugging Face library's metadata decides; without it, types and names do. Throws a UserError when there is no such
 * column or the choice is ambiguous.
 */
export function findColumns(file: string, metadata: FileMetaData): ImageColumns {
  const columns = parquetSchema(metadata).children;
  const features = featuresOf(metadata);
  const isKind = (kind: string) => (column: SchemaTree) => features.get(column.element.name)?._type === kind;
  const image = choose(file, 'images', IMAGE_NAMES, columns, [
    columns.filter((column) => isKind('Image')(column) && holdsBytes(column)),
    columns.filter((column) => column.children.length > 0 && holdsBytes(column)),
    columns.filter((column) => holdsBytes(column) && IMAGE_NAMES.includes(column.element.name)),
    columns.filter((column) => holdsBytes(column) && !isText(column)),
  ]);
  const labels = columns.filter((column) => column.element.name !== image && holdsLabels(column));
  const label = choose(file, 'labels', LABEL_NAMES, columns, [
    labels.filter(isKind('ClassLabel')),
    labels.filter(({ element }) => LABEL_NAMES.includes(element.name)),
  ]);
  return { image, label, classes: features.get(label)?.names };
}

/** The column from the first non-empty group of candidates; if it has several, the first in `names`. */
function choose(
  file: string,
  what: string,
  names: readonly string[],
  all: readonly SchemaTree[],
  groups: readonly (readonly SchemaTree[])[],
): string {
  const candidates = (groups.find((group) => group.length > 0) ?? []).map(({ element }) => element.name);
  const chosen = candidates.length === 1 ? candidates[0] : names.find((name) => candidates.includes(name));
  if (chosen !== undefined) return chosen;
  const present = list(all.map(({ element }) => element.name));
  throw new UserError(
    candidates.length === 0
      ? `${file} has no column of ${what}; it has ${present}: name one ${names[0]}`
      : `${file} has several columns that may be the ${what}, ${list(candidates)}: name one ${names[0]}`,
  );
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function holdsBytes({ element, children }: SchemaTree): boolean {
  if (element.repetition_type === 'REPEATED') return false;
  if (children.length === 0) return element.type === 'BYTE_ARRAY';
  return children.some((child) => child.element.name === 'bytes' && holdsBytes(child) && child.children.length === 0);
}

function isText({ element }: SchemaTree): boolean {
  return element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING';
}

function holdsLabels({ element, children }: SchemaTree): boolean {
  if (element.repetition_type === 'REPEATED' || children.length > 0) return false;
  return element.type === 'INT32' || element.type === 'INT64' || element.type === 'BYTE_ARRAY';
}

const Feature = z.object({ _type: z.string().optional(), names: z.array(z.string()).optional() });
const Metadata = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

/** The Hugging Face library's metadata about the columns, if the file has it in a known form. */
function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): Map<string, z.infer<typeof Feature>> {
  const text = pairs.find(({ key }) => key === 'huggingface')?.value;
  const features = new Map<string, z.infer<typeof Feature>>();
  let json: unknown;
  try {
    json = JSON.parse(text ?? 'null');
  } catch {
    return features;
  }
  const metadata = Metadata.safeParse(json);
  if (!metadata.success) return features;
  for (const [name, value] of Object.entries(metadata.data.info.features)) {
    const feature = Feature.safeParse(value);
    if (feature.success) features.set(name, feature.data);
  }
  return features;
}
