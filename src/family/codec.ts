import { closest, distance } from 'fastest-levenshtein';
import { show, showName, UserError } from '../errors.js';
import { architecture, architectureFault } from './architecture.js';
import { FAMILIES } from './families.js';
import type { Architecture, Backbone, Block, Family } from './family.js';
import { DEIT_PREPROCESSING, samePreprocessing, type Preprocessing } from './preprocessing.js';

const FORMAT = 'glit-architecture/1';
/** The family of files without a family field. */
const [USUAL_FAMILY] = FAMILIES;
/** With more edits than this, a "did you mean" would be a guess. */
const LARGEST_TYPO = 3;
/** The longest unknown field that gets a "did you mean". */
const LONGEST_FIELD = 40;

/** The architecture as readable JSON: the backbone, then one block per line. */
export function formatArchitecture({ name, family, backbone, blocks, preprocessing }: Architecture): string {
  const header = [
    ['format', FORMAT],
    ...(name === undefined ? [] : [['name', name]]),
    ...(family === USUAL_FAMILY ? [] : [['family', family.name]]),
    ...family.backboneFields.map((field) => [field, backbone[field]]),
    ...(samePreprocessing(preprocessing, DEIT_PREPROCESSING) ? [] : [['preprocessing', preprocessing]]),
  ];
  const headerLines = header.map(([field, value]) => `  ${JSON.stringify(field)}: ${JSON.stringify(value)},\n`);
  const blockLines = blocks.map((each) => `    ${formatBlock(family, each)}`);
  return `{\n${headerLines.join('')}  "blocks": [\n${blockLines.join(',\n')}\n  ]\n}\n`;
}

function formatBlock({ blockFields }: Family, each: Block): string {
  const fields = blockFields.map(({ name }) => name).filter((name) => each[name] !== undefined);
  return `{ ${fields.map((field) => `"${field}": ${JSON.stringify(each[field])}`).join(', ')} }`;
}

/**
 * Parses the output of {@link formatArchitecture}. `source` names the text in errors, usually the file. Throws a
 * one-line UserError with the source, the field (`blocks[3].kernel`, counted from 0) and what is expected there.
 */
export function parseArchitecture(text: string, source: string): Architecture {
  const root = new Reader(source, '', parseJson(text, source));
  const format = root.fields['format'];
  if (format !== FORMAT) throw root.fault('format', `is ${show(format)}; this version reads "${FORMAT}"`);
  const family = parseFamily(root);
  root.allowOnly(['format', 'name', 'family', ...family.backboneFields, 'preprocessing', 'blocks']);
  const name = root.fields['name'];
  if (name !== undefined && typeof name !== 'string') throw root.fault('name', `is ${show(name)}; use a text`);
  const backbone = Object.fromEntries(family.backboneFields.map((field) => [field, root.number(field)]));
  const blocks = root.fields['blocks'];
  if (!Array.isArray(blocks)) throw root.fault('blocks', `is ${show(blocks)}; use a list of blocks`);
  const described = {
    name,
    backbone: backbone as Backbone,
    blocks: blocks.map((each: unknown, index) => parseBlock(family, new Reader(source, `blocks[${index}]`, each))),
    preprocessing: parsePreprocessing(root, source),
  };
  const fault = architectureFault(family, described);
  if (fault !== undefined) throw new UserError(`${source}: ${fault.where} ${fault.fact}`);
  return architecture(family, described);
}

function parseFamily(root: Reader): Family {
  const name = root.fields['family'];
  const found = name === undefined ? USUAL_FAMILY : FAMILIES.find((family) => family.name === name);
  if (found !== undefined) return found;
  throw root.fault('family', `is ${show(name)}; use ${FAMILIES.map((family) => family.name).join(', ')}`);
}

function parseBlock({ blockFields }: Family, reader: Reader): Block {
  reader.allowOnly(blockFields.map(({ name }) => name));
  const given = blockFields.filter(({ name, optional }) => !optional || reader.fields[name] !== undefined);
  return Object.fromEntries(given.map(({ name }) => [name, reader.number(name)]));
}

function parsePreprocessing(root: Reader, source: string): Preprocessing | undefined {
  const given = root.fields['preprocessing'];
  if (given === undefined) return undefined;
  const reader = new Reader(source, 'preprocessing', given);
  reader.allowOnly(['mean', 'std', 'crop', 'interpolation']);
  const { interpolation } = reader.fields;
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear') {
    throw reader.fault('interpolation', `is ${show(interpolation)}; use "bicubic" or "bilinear"`);
  }
  const crop = reader.number('crop');
  if (!(crop > 0 && crop <= 1)) throw reader.fault('crop', `is ${crop}; use a number above 0 and up to 1`);
  const std = reader.channels('std');
  if (!std.every((value) => value > 0)) throw reader.fault('std', `is ${show(std)}; use three numbers above 0`);
  return { mean: reader.channels('mean'), std, crop, interpolation };
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/[\s\p{C}]+/gu, ' ').slice(0, 200) : 'unreadable';
    throw new UserError(`${source}: not valid JSON (${reason}); fix the text or write the file again`);
  }
}

/** One JSON object of the file; its errors name the file and the path. */
class Reader {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #where: string;

  constructor(source: string, where: string, value: unknown) {
    this.#source = source;
    this.#where = where;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UserError(`${source}: ${where || 'the text'} is ${show(value)}; use an object { ... }`);
    }
    this.fields = value as Record<string, unknown>;
  }

  fault(field: string, fact: string): UserError {
    return new UserError(`${this.#source}: ${this.#where}${this.#where ? '.' : ''}${field} ${fact}`);
  }

  number(field: string): number {
    const value = this.fields[field];
    if (value === undefined) throw this.fault(field, 'is missing; give a number');
    if (typeof value !== 'number') throw this.fault(field, `is ${show(value)}; use a number`);
    return value;
  }

  /** Three numbers, one per colour channel. */
  channels(field: string): readonly number[] {
    const value = this.fields[field];
    if (Array.isArray(value) && value.length === 3 && value.every((each) => typeof each === 'number')) return value;
    throw this.fault(field, `is ${show(value)}; use a list of three numbers`);
  }

  allowOnly(names: readonly string[]): void {
    for (const field of Object.keys(this.fields)) {
      if (names.includes(field)) continue;
      const nearest = closest(field.slice(0, LONGEST_FIELD), names);
      const likely = distance(field.slice(0, LONGEST_FIELD), nearest) <= LARGEST_TYPO;
      const advice = likely ? `did you mean ${nearest}?` : `use ${names.join(', ')}`;
      throw this.fault(showName(field), `is not a known field; ${advice}`);
    }
  }
}
