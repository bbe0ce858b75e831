import { UserError } from '../errors.js';
import type { Architecture, Backbone, Block, Description, Family } from './family.js';
import { DEIT_PREPROCESSING } from './preprocessing.js';

/** A fault of an architecture and its path, such as `blocks[3].kernel`, counted from 0. */
export interface ArchitectureFault {
  readonly where: string;
  readonly fact: string;
}

/** Checks and freezes an architecture. Throws a UserError with the path, the fact and what to use instead. */
export function architecture<B extends Backbone, K extends Block>(
  family: Family<B, K>,
  description: Description<B, K>,
): Architecture<B, K> {
  const { name, backbone, blocks, preprocessing = DEIT_PREPROCESSING } = description;
  const fault = architectureFault(family, description);
  if (fault !== undefined) {
    throw new UserError(`architecture ${name ?? 'without a name'}: ${fault.where} ${fault.fact}`);
  }
  return Object.freeze({
    ...(name === undefined ? {} : { name }),
    family,
    backbone: Object.freeze(ordered(backbone, family.backboneFields)),
    blocks: Object.freeze(blocks.map((each) => Object.freeze({ ...each }))),
    preprocessing: Object.freeze({ ...preprocessing }),
  });
}

/** The first fault of an architecture, if any. */
export function architectureFault(family: Family, { backbone, blocks }: Description): ArchitectureFault | undefined {
  for (const where of family.backboneFields) {
    const value = backbone[where];
    if (!Number.isSafeInteger(value) || Number(value) < 1)
      return { where, fact: `is ${value}; use a whole number of at least 1` };
  }
  const fault = family.backboneFault(backbone);
  if (fault !== undefined) return { where: fault.field, fact: fault.fact };
  if (blocks.length === 0) return { where: 'blocks', fact: 'is empty; give at least one block' };
  for (const [index, each] of blocks.entries()) {
    const found = family.blockFault(each) ?? family.fitFault(each, backbone, blocks[index - 1]);
    if (found !== undefined) return { where: `blocks[${index}].${found.field}`, fact: found.fact };
  }
  return undefined;
}

/** Only these fields, in this order. */
function ordered<F extends Backbone>(fields: F, order: readonly string[]): F {
  return Object.fromEntries(order.map((field) => [field, fields[field]])) as F;
}

/** Whether two architectures have the same family, backbone and blocks; names are ignored. */
export function sameNetwork(a: Architecture, b: Architecture): boolean {
  return (
    a.family === b.family &&
    a.family.backboneFields.every((field) => a.backbone[field] === b.backbone[field]) &&
    a.blocks.length === b.blocks.length &&
    a.blocks.every((block, at) => a.family.describeBlock(block) === b.family.describeBlock(b.blocks[at]))
  );
}
