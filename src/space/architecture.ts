import { UserError } from '../errors.js';
import { faultOf } from './block.js';
import type { Block, BlockFault } from './block.js';

/** What all candidates of a search share: a DeiT/ViT backbone. All are whole numbers of at least 1. */
export interface Backbone {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  /** Side of a square patch, in pixels; divides the image. */
  readonly patchSize: number;
  /** Width of a token. */
  readonly dim: number;
  /** Heads of every block, global and local together; divides `dim`. */
  readonly heads: number;
  readonly classes: number;
}

/** One candidate network, frozen. Made by {@link architecture}. */
export interface Architecture {
  readonly name?: string;
  readonly backbone: Backbone;
  readonly blocks: readonly Block[];
}

/** A fault of an architecture and where it is: a path such as `blocks[3].kernel`, counted from 0. */
export interface ArchitectureFault {
  readonly place: string;
  readonly fact: string;
}

/** Checks and freezes an architecture. Throws a UserError that names the place, the fact and what to use instead. */
export function architecture(fields: Architecture): Architecture {
  const fault = architectureFault(fields);
  if (fault !== undefined) {
    throw new UserError(`architecture ${fields.name ?? 'without a name'}: ${fault.place} ${fault.fact}`);
  }
  const { imageSize, patchSize, dim, heads, classes } = fields.backbone;
  return Object.freeze({
    ...(fields.name === undefined ? {} : { name: fields.name }),
    backbone: Object.freeze({ imageSize, patchSize, dim, heads, classes }),
    blocks: Object.freeze(fields.blocks.map((each) => Object.freeze({ ...each }))),
  });
}

/** Everything a reader needs to know to mend a broken architecture, or nothing. */
export function architectureFault({ backbone, blocks }: Architecture): ArchitectureFault | undefined {
  const fault = backboneFault(backbone);
  if (fault !== undefined) return fault;
  if (blocks.length === 0) return { place: 'blocks', fact: 'is empty; give at least one block' };
  for (const [index, each] of blocks.entries()) {
    const found = faultOf(each) ?? presenceFault(each) ?? fitFault(each, backbone);
    if (found !== undefined) return { place: `blocks[${index}].${found.field}`, fact: found.fact };
  }
  return undefined;
}

function backboneFault(backbone: Backbone): ArchitectureFault | undefined {
  const { imageSize, patchSize, dim, heads, classes } = backbone;
  for (const [place, value] of Object.entries({ imageSize, patchSize, dim, heads, classes })) {
    if (!Number.isSafeInteger(value) || value < 1)
      return { place, fact: `is ${value}; use a whole number of at least 1` };
  }
  if (imageSize % patchSize !== 0) {
    return { place: 'imageSize', fact: `is ${imageSize}, which patches of ${patchSize} do not tile; use a multiple` };
  }
  if (dim % heads !== 0) {
    return { place: 'dim', fact: `is ${dim}, which ${heads} heads do not share evenly; use a multiple of ${heads}` };
  }
  return undefined;
}

/** A field that its kind of block needs and lacks, or has and cannot use. */
function presenceFault(each: Block): BlockFault | undefined {
  const { globalHeads, localHeads } = each;
  for (const [field, heads, kind] of [
    ['kernel', localHeads, 'local'],
    ['expansion', localHeads, 'local'],
    ['dkRatio', globalHeads, 'global'],
  ] as const) {
    if (heads > 0 && each[field] === undefined)
      return { field, fact: `is missing; a block with ${kind} heads needs it` };
    if (heads === 0 && each[field] !== undefined) {
      return { field, fact: `is given to a block without ${kind} heads; remove it` };
    }
  }
  return undefined;
}

/** Heads that do not add up to the backbone's, and widths that are no whole number of channels. */
function fitFault(each: Block, { dim, heads }: Backbone): BlockFault | undefined {
  const { globalHeads, localHeads, expansion, dkRatio, ffnRatio } = each;
  if (globalHeads + localHeads !== heads) {
    const fact = `${globalHeads} + localHeads ${localHeads} make ${globalHeads + localHeads} heads; make them add up to ${heads}`;
    return { field: 'globalHeads', fact };
  }
  for (const [field, ratio, width, what] of [
    ['dkRatio', dkRatio, dim / heads, 'head'],
    ['expansion', expansion, (dim / heads) * localHeads, 'local branch'],
    ['ffnRatio', ffnRatio, dim, 'block'],
  ] as const) {
    if (ratio !== undefined && !Number.isInteger(ratio * width)) {
      const fact = `is ${ratio}, which makes ${ratio * width} channels of a ${what}'s ${width}; use one that gives a whole number`;
      return { field, fact };
    }
  }
  return undefined;
}
