import { closest } from 'fastest-levenshtein';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { show, showName, UserError } from '../errors.js';
import type { Json } from '../telemetry/events.js';
import { configSchema, type Config } from './config.js';
import { readTextFile } from './textFile.js';

/** The deepest nesting of a configuration's values, and the longest key that is compared for a "did you mean". */
const DEEPEST = 20;

/** A configuration has a few kilobytes; megabytes of YAML would take seconds and gigabytes to refuse. */
const MOST_BYTES = 200_000;
const LONGEST_KEY = 100;

/** Part of a configuration, from a preset, a file or an option. */
export interface Layer {
  /** Its name in messages: `glit.yaml`, `--population`. */
  readonly source: string;
  readonly values: Json;
  /** Dotted keys whose groups it replaces as a whole; other groups are merged key by key. */
  readonly replaces?: readonly string[];
}

/** Part of a configuration as a tree. Leaves are values; lists are leaves too. */
type Tree = { readonly [key: string]: Json };

/** Alternative keys: setting one removes the other from lower layers. A training is given in steps or in epochs. */
const ALTERNATIVES: Readonly<Record<string, string>> = { steps: 'epochs', epochs: 'steps' };

/**
 * A configuration from its layers. Later layers win, key by key; null removes an earlier value. A layer that is a whole
 * configuration, such as a run's, replaces those before it: what it leaves out is meant to be absent. Throws a one-line
 * UserError that names the layer, the key and the allowed values or, for an unknown key, the nearest known one.
 */
export function configFrom(layers: readonly Layer[]): Config {
  for (const { source, values } of layers) checkKeys(values, configSchema, source, '');
  const first = layers.findLastIndex(isWhole);
  const merged = layers.slice(Math.max(0, first)).reduce<Tree>((tree, { values, replaces = [] }) => {
    const kept = replaces.reduce<Tree>((rest, key) => merge(rest, layerOf('', key, null).values as Tree), tree);
    return merge(kept, values as Tree);
  }, {});
  const result = configSchema.safeParse(merged);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  // A list comes whole from one layer.
  const list = issue.path.findIndex((key) => typeof key === 'number');
  const path = list < 0 ? issue.path : issue.path.slice(0, list);
  throw new UserError(`${sourceOf(path, layers)}: ${describe(issue, merged)}`);
}

/** Whether a layer is a configuration by itself. */
export function isWhole({ values }: Layer): boolean {
  return configSchema.safeParse(values).success;
}

/** The last layer that sets a path or, if none does, a parent of it. */
function sourceOf(path: readonly PropertyKey[], layers: readonly Layer[]): string {
  const layer = layers.findLast(({ values }) => valueAt(values, path) !== undefined);
  if (layer !== undefined) return layer.source;
  return path.length === 0 ? 'configuration' : sourceOf(path.slice(0, -1), layers);
}

/** A complete configuration from YAML or JSON; `source` names the text in errors. */
export function parseConfig(text: string, source: string): Config {
  return configFrom([parseLayer(text, source)]);
}

/** A configuration as YAML, with every value written out (no anchors). */
export function formatConfig(config: Config): string {
  return stringify(config, { aliasDuplicateObjects: false });
}

/** A layer from a YAML or JSON file. */
export async function readLayer(file: string): Promise<Layer> {
  let text: string;
  try {
    text = await readTextFile(file, 'a configuration', MOST_BYTES);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`the configuration ${file} cannot be read (${code}): give a YAML or JSON file`);
  }
  return parseLayer(text, file);
}

function parseLayer(text: string, source: string): Layer {
  let values: Json;
  try {
    values = (parse(text, { logLevel: 'error' }) ?? {}) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0].replace(/:$/, '') : String(error);
    throw new UserError(`${source} is neither YAML nor JSON: ${reason.replaceAll(/\p{C}/gu, ' ').slice(0, 200)}`);
  }
  if (isDeeperThan(values, DEEPEST)) {
    throw new UserError(`${source} nests its values more than ${DEEPEST} levels deep; a configuration has at most ten`);
  }
  return { source, values };
}

/** Whether a value has this many levels. YAML can express values that contain themselves; those have any number. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeperThan(each, levels - 1));
}

/** A layer that sets one dotted key. */
export function layerOf(source: string, key: string, value: Json): Layer {
  return { source, values: key.split('.').reduceRight<Json>((inner, part) => ({ [part]: inner }), value) };
}

/** A layer's value for a dotted key; undefined if it has none. */
export function layerValue({ values }: Layer, key: string): Json | undefined {
  return valueAt(values, key.split('.'));
}

function valueAt(values: Json, path: readonly PropertyKey[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (tree, key) =>
      typeof tree === 'object' && tree !== null ? (tree as Readonly<Record<PropertyKey, Json>>)[key] : undefined,
    values,
  );
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    const replaced = ALTERNATIVES[key];
    if (replaced !== undefined && !(replaced in over) && value !== null) Reflect.deleteProperty(merged, replaced);
    if (value === null) Reflect.deleteProperty(merged, key);
    else
      merged[key] = isTree(value) ? merge(isTree(before) && !isOtherKind(before, value) ? before : {}, value) : value;
  }
  return merged;
}

/** Whether a group, such as an optimizer, names another kind than the one before: then their keys do not mix. */
function isOtherKind({ name: before }: Tree, { name }: Tree): boolean {
  return before !== undefined && name !== undefined && before !== name;
}

function isTree(value: Json | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws a UserError for the first key that the schema does not know. The schema checks lists itself. */
function checkKeys(values: Json, schema: z.ZodType, source: string, prefix: string): void {
  const fields = fieldsOf(schema);
  if (fields === undefined) return;
  if (!isTree(values)) {
    const key = prefix === '' ? 'the configuration' : prefix.slice(0, -1);
    if (key === 'retrain.recipe' && typeof values === 'string') {
      throw new UserError(`${source}: ${key} is ${show(values)}; name a recipe with --recipe, or write its keys`);
    }
    const keys = Object.keys(fields).join(', ');
    throw new UserError(`${source}: ${key} is ${show(values)}; it has the keys ${keys}`);
  }
  for (const [key, value] of Object.entries(values)) {
    if (!Object.hasOwn(fields, key)) {
      const dotted = prefix + key;
      if (CONFIG_KEYS.includes(dotted)) {
        const nested = key.split('.').reduceRight((inner, part) => `{ ${part}: ${inner} }`, '…');
        throw new UserError(`${source}: ${dotted} is written with dots; nest it, ${nested}, or give --set ${dotted}=…`);
      }
      if (prefix === '' && key === 'preset') {
        throw new UserError(`${source}: there is no key preset; give --preset ${show(value)} beside the file`);
      }
      const likely = nearestKey(prefix + key.slice(0, LONGEST_KEY));
      throw new UserError(`${source}: there is no key ${prefix}${showName(key)}; did you mean ${likely}?`);
    }
    const isLeftOut = value === null && fields[key] instanceof z.ZodExactOptional;
    if (!isLeftOut) checkKeys(value, fields[key], source, `${prefix}${key}.`);
  }
}

/** The fields of an object schema, optional or not. */
function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodExactOptional) return fieldsOf(schema.unwrap() as z.ZodType);
  return undefined;
}

/** Every dotted key of the configuration, of values and of groups. */
export const CONFIG_KEYS: readonly string[] = keysOf(configSchema, '');

function keysOf(schema: z.ZodType, prefix: string): string[] {
  return Object.entries(fieldsOf(schema) ?? {}).flatMap(([key, field]) => [
    prefix + key,
    ...keysOf(field, `${prefix}${key}.`),
  ]);
}

/** A key with the right last part in the wrong group beats one that is merely spelled alike. */
function nearestKey(key: string): string {
  const last = key.slice(key.lastIndexOf('.') + 1);
  const elsewhere = CONFIG_KEYS.filter((known) => known.endsWith(`.${last}`));
  return closest(key, [...(elsewhere.length > 0 ? elsewhere : CONFIG_KEYS)]);
}

/** One line on what is wrong with a value of `config`, which was read from YAML. */
export function describe(issue: z.core.$ZodIssue, config: Json): string {
  const key = issue.path.length === 0 ? 'it' : issue.path.map(String).join('.');
  const value = valueAt(config, issue.path);
  if (value === undefined) return `${key} is missing; ${expectation(issue)}`;
  if (issue.code === 'invalid_union') return `${key} is ${show(value)}; it must be ${kindsAt(issue.path).join(' or ')}`;
  if (issue.code === 'custom') return `${key}: ${issue.message}`;
  return `${key} is ${show(value)}; ${expectation(issue)}`;
}

/** The kinds that a union at a path of the configuration knows, by its field `name` or `step`. */
function kindsAt(path: readonly PropertyKey[]): readonly string[] {
  const field = String(path.at(-1));
  let schema: unknown = configSchema;
  for (const key of path.slice(0, -1)) {
    const inner = schema instanceof z.ZodExactOptional ? schema.unwrap() : schema;
    schema =
      inner instanceof z.ZodArray ? inner.element : inner instanceof z.ZodObject ? inner.shape[String(key)] : undefined;
  }
  const options = schema instanceof z.ZodDiscriminatedUnion ? schema.options : [];
  return options.flatMap((option) => {
    const kind: unknown = option instanceof z.ZodObject ? option.shape[field] : undefined;
    return kind instanceof z.ZodLiteral ? [String(kind.value)] : [];
  });
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `it must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `it must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `it must have ${issue.minimum} or more ${issue.origin === 'array' ? 'entries' : 'characters'}`
        : `it must be ${issue.inclusive === true ? 'at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `it must have ${issue.maximum} or fewer entries`
        : `it must be ${issue.inclusive === true ? 'at most' : 'below'} ${issue.maximum}`;
    case 'unrecognized_keys':
      return `it has no key ${showName(issue.keys[0])}`;
    default:
      return issue.message;
  }
}

/** zod's type names in words. */
const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list of two numbers',
  object: 'a group of keys',
};
