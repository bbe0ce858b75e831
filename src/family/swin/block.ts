import type { Fault } from '../family.js';
import type { SwinBackbone } from './backbone.js';

/** A Swin Transformer block, and the patch merging before it where it begins a stage (Liu et al., 2021, section 3). */
export type SwinBlock = {
  /** 1: patches are merged 2 × 2 before the block. 0: not. */
  readonly merge: number;
  /** Width of a token. */
  readonly dim: number;
  /** Heads of the attention; divides `dim`. */
  readonly heads: number;
  /** Side of a window, in tokens. */
  readonly window: number;
  /** How far windows are moved, in tokens; 0 in a block of regular windows. */
  readonly shift: number;
  /** Hidden width of the feed-forward network over the width of the block. */
  readonly ffnRatio: number;
};

/** The fields in the order of architecture files. */
export const SWIN_BLOCK_FIELDS: readonly (keyof SwinBlock)[] = ['merge', 'dim', 'heads', 'window', 'shift', 'ffnRatio'];

/** The first thing that is wrong with the values of a block. */
export function blockFault({ merge, dim, heads, window, shift, ffnRatio }: SwinBlock): Fault | undefined {
  if (merge !== 0 && merge !== 1) {
    return { field: 'merge', fact: `is ${merge}; use 1 to merge patches before the block, 0 not to` };
  }
  for (const [field, value] of Object.entries({ dim, heads, window })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      return { field, fact: `is ${value}; use a whole number of at least 1` };
    }
  }
  if (dim % heads !== 0) {
    return { field: 'dim', fact: `is ${dim}, which ${heads} heads do not share evenly; use a multiple of ${heads}` };
  }
  if (!Number.isSafeInteger(shift) || shift < 0 || shift >= window) {
    return { field: 'shift', fact: `is ${shift}; use a whole number from 0 to ${window - 1}, below the window` };
  }
  if (!(Number.isFinite(ffnRatio) && ffnRatio > 0)) {
    return { field: 'ffnRatio', fact: `is ${ffnRatio}; use a number above 0, such as the paper's 4` };
  }
  if (!Number.isInteger(ffnRatio * dim)) {
    const fact = `is ${ffnRatio}, which makes ${ffnRatio * dim} channels of a block's ${dim}; use one that gives a whole number`;
    return { field: 'ffnRatio', fact };
  }
  return undefined;
}

/** A width that changes where no patches are merged, or merging before there is anything but patches. */
export function fitFault(
  { merge, dim }: SwinBlock,
  backbone: SwinBackbone,
  before: SwinBlock | undefined,
): Fault | undefined {
  if (merge === 1) {
    if (before !== undefined) return undefined;
    return { field: 'merge', fact: 'is 1 in the first block; use 0 there, and larger patches to begin with fewer' };
  }
  const given = (before ?? backbone).dim;
  if (dim === given) return undefined;
  return { field: 'dim', fact: `is ${dim}, but the block is given ${given} channels; use ${given}, or merge patches` };
}

/** The block in one short word group: `D96 h3 w7 f4`, `D96 h3 w7 s3 f4`, `merge D192 h6 w7 f4`. */
export function describeBlock({ merge, dim, heads, window, shift, ffnRatio }: SwinBlock): string {
  const parts = [merge === 1 ? 'merge' : '', `D${dim}`, `h${heads}`, `w${window}`, shift > 0 ? `s${shift}` : ''];
  return [...parts, `f${ffnRatio}`].filter((part) => part !== '').join(' ');
}
