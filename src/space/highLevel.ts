import { UserError } from '../errors.js';
import { block } from '../family/glit/block.js';
import type { GlitBlock, HeadSplit, LowLevelDefaults } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { defineSpace } from './space.js';
import type { Space } from './space.js';

/** The paper splits the heads in thirds: none, one, two or all three parts are global. */
const PARTS = 3;

/** The size of a network whose blocks all have the same choices. */
export interface SpaceSize {
  /** Blocks of the network; 12 in the paper. */
  readonly depth: number;
  /** Heads of a block: 3, 6 or 12 in the paper, a multiple of 3. */
  readonly heads: number;
}

/** Settings of {@link highLevelSpace}. */
export interface HighLevelOptions extends SpaceSize {
  /** Overrides of the default low level, which all candidates share. */
  readonly defaults?: Partial<LowLevelDefaults>;
}

/**
 * The high level of the search (paper, Table 1): each block is one of (G, L) = (0, 3), (1, 2), (2, 1), (3, 0), scaled
 * by heads / 3, with the default low level. A choice's index is its number of global thirds.
 */
export function highLevelSpace({ depth, heads, defaults = {} }: HighLevelOptions): Space<GlitBlock> {
  const choices = splitsOf(heads).map((split) => block(split, defaults));
  return defineSpace('high', glit, repeat(choices, depth));
}

/** The four splits of `heads` heads. Throws a UserError unless the number is a multiple of 3. */
export function splitsOf(heads: number): HeadSplit[] {
  if (!Number.isSafeInteger(heads) || heads < 1 || heads % PARTS !== 0) {
    throw new UserError(`${heads} heads cannot be split in thirds; use a multiple of ${PARTS}, such as 3, 6 or 12`);
  }
  const part = heads / PARTS;
  return Array.from({ length: PARTS + 1 }, (_, parts) => ({
    globalHeads: parts * part,
    localHeads: (PARTS - parts) * part,
  }));
}

/** The same choices for every one of `depth` blocks. Throws a UserError unless there is at least one. */
export function repeat<T>(choices: T, depth: number): T[] {
  if (!Number.isSafeInteger(depth) || depth < 1) {
    throw new UserError(`a network of ${depth} blocks cannot be searched; use a depth of at least 1`);
  }
  return Array.from({ length: depth }, () => choices);
}
