import { closest, distance } from 'fastest-levenshtein';
import { show, showName, UserError } from '../errors.js';
import { architecture, architectureFault } from './architecture.js';
import type { Architecture, Backbone } from './architecture.js';
import type { Block } from './block.js';

const FORMAT = 'glit-architecture/1';
const BACKBONE_FIELDS = ['imageSize', 'patchSize', 'dim', 'heads', 'classes'] as const;
const OPTIONAL_BLOCK_FIELDS = ['kernel', 'expansion', 'dkRatio'] as const;
const BLOCK_FIELDS = ['globalHeads', 'localHeads', ...OPTIONAL_BLOCK_FIELDS, 'ffnRatio'] as const;
/** More edits than this and a "did you mean" would be a guess. */
const LARGEST_TYPO = 3;
/** Letters of an unknown field that the known ones are compared with. */
const LONGEST_FIELD = 40;

/** The architecture as JSON that a person can read and edit: the backbone, then one block a line. */
export function formatArchitecture({ name, backbone, blocks }: Architecture): string {
  const header = [
    ['format', FORMAT],
    ...(name === undefined ? [] : [['name', name]]),
    ...BACKBONE_FIELDS.map((field) => [field, backbone[field]]),
  ];
  const headerLines = header.map(([field, value]) => `  ${JSON.stringify(field)}: ${JSON.stringify(value)},\n`);
  const blockLines = blocks.map((each) => `    ${formatBlock(each)}`);
  return `{\n${headerLines.join('')}  "blocks": [\n${blockLines.join(',\n')}\n  ]\n}\n`;
}

function formatBlock(each: Block): string {
  const fields = BLOCK_FIELDS.filter((field) => each[field] !== undefined);
  return `{ ${fields.map((field) => `"${field}": ${JSON.stringify(each[field])}`).join(', ')} }`;
}

/**
 * Reads what {@link formatArchitecture} writes. `source` names the text in errors, usually the file. Throws a UserError
 * of one line that names the source, the field (`blocks[3].kernel`, counted from 0) and what is expected there.
 */
export function parseArchitecture(text: string, source: string): Architecture {
  const root = new Reader(source, '', parseJson(text, source));
  root.allowOnly(['format', 'name', ...BACKBONE_FIELDS, 'blocks']);
  const format = root.fields['format'];
  if (format !== FORMAT) throw root.fault('format', `is ${show(format)}; this version reads "${FORMAT}"`);
  const name = root.fields['name'];
  if (name !== undefined && typeof name !== 'string') throw root.fault('name', `is ${show(name)}; use a text`);
  const backbone: Backbone = {
    imageSize: root.number('imageSize'),
    patchSize: root.number('patchSize'),
    dim: root.number('dim'),
    heads: root.number('heads'),
    classes: root.number('classes'),
  };
  const blocks = root.fields['blocks'];
  if (!Array.isArray(blocks)) throw root.fault('blocks', `is ${show(blocks)}; use a list of blocks`);
  const candidate: Architecture = {
    ...(name === undefined ? {} : { name }),
    backbone,
    blocks: blocks.map((each: unknown, index) => parseBlock(new Reader(source, `blocks[${index}]`, each))),
  };
  const fault = architectureFault(candidate);
  if (fault !== undefined) throw new UserError(`${source}: ${fault.place} ${fault.fact}`);
  return architecture(candidate);
}

function parseBlock(reader: Reader): Block {
  reader.allowOnly(BLOCK_FIELDS);
  const given = OPTIONAL_BLOCK_FIELDS.filter((field) => reader.fields[field] !== undefined);
  return {
    globalHeads: reader.number('globalHeads'),
    localHeads: reader.number('localHeads'),
    ...Object.fromEntries(given.map((field) => [field, reader.number(field)])),
    ffnRatio: reader.number('ffnRatio'),
  };
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/[\s\p{C}]+/gu, ' ').slice(0, 200) : 'unreadable';
    throw new UserError(`${source}: not valid JSON (${reason}); mend the text or write the file anew`);
  }
}

/** One JSON object of the file; its faults name the file and the place. */
class Reader {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #place: string;

  constructor(source: string, place: string, value: unknown) {
    this.#source = source;
    this.#place = place;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UserError(`${source}: ${place || 'the text'} is ${show(value)}; use an object { ... }`);
    }
    this.fields = value as Record<string, unknown>;
  }

  fault(field: string, fact: string): UserError {
    return new UserError(`${this.#source}: ${this.#place}${this.#place ? '.' : ''}${field} ${fact}`);
  }

  number(field: string): number {
    const value = this.fields[field];
    if (value === undefined) throw this.fault(field, 'is missing; give a number');
    if (typeof value !== 'number') throw this.fault(field, `is ${show(value)}; use a number`);
    return value;
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
