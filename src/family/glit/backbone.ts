import type { Fault } from '../family.js';
import type { GlitBlock } from './block.js';

/** A DeiT/ViT backbone. All are whole numbers of at least 1. */
export type GlitBackbone = {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  /** Side of a square patch, in pixels; divides the image. */
  readonly patchSize: number;
  /** Width of a token. */
  readonly dim: number;
  /** Heads of every block, global and local together; divides `dim`. */
  readonly heads: number;
  readonly classes: number;
};

/** The fields in the order of architecture files. */
export const GLIT_BACKBONE_FIELDS: readonly (keyof GlitBackbone)[] = [
  'imageSize',
  'patchSize',
  'dim',
  'heads',
  'classes',
];

/** Faults: patches that do not tile the image, heads that do not divide the width. */
export function backboneFault({ imageSize, patchSize, dim, heads }: GlitBackbone): Fault | undefined {
  if (imageSize % patchSize !== 0) {
    return { field: 'imageSize', fact: `is ${imageSize}, which patches of ${patchSize} do not tile; use a multiple` };
  }
  if (dim % heads !== 0) {
    return { field: 'dim', fact: `is ${dim}, which ${heads} heads do not share evenly; use a multiple of ${heads}` };
  }
  return undefined;
}

/** Faults: a field that this kind of block lacks or cannot use; heads and widths that do not fit the backbone. */
export function fitFault(block: GlitBlock, backbone: GlitBackbone): Fault | undefined {
  return presenceFault(block) ?? widthFault(block, backbone);
}

function presenceFault(block: GlitBlock): Fault | undefined {
  const { globalHeads, localHeads } = block;
  for (const [field, heads, kind] of [
    ['kernel', localHeads, 'local'],
    ['expansion', localHeads, 'local'],
    ['dkRatio', globalHeads, 'global'],
  ] as const) {
    if (heads > 0 && block[field] === undefined)
      return { field, fact: `is missing; a block with ${kind} heads needs it` };
    if (heads === 0 && block[field] !== undefined) {
      return { field, fact: `is given to a block without ${kind} heads; remove it` };
    }
  }
  return undefined;
}

/** Faults: heads that do not add up to the backbone's, and widths that are not a whole number of channels. */
function widthFault(block: GlitBlock, { dim, heads }: GlitBackbone): Fault | undefined {
  const { globalHeads, localHeads, expansion, dkRatio, ffnRatio } = block;
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
