import type { LowLevelDefaults } from '../family/glit/block.js';
import { highLevelSpace, type SpaceSize } from './highLevel.js';
import { jointSpace, nlpSpace, paperLowLevel, releasedLowLevel, type LowLevel, type LowLevelGrid } from './lowLevel.js';
import { blocksOf, type Path, type Space } from './space.js';

/** What a hierarchical search goes through: the choices of one level, and the level that its winner leads to. */
export interface Level {
  /** Names the level's stages and files: `high`, `low`. */
  readonly name: string;
  readonly space: Space;
  /** The next level, in which the choices of this one are fixed to those of `winner`; undefined after the last. */
  next?(winner: Path): Level;
}

/** What is searched: its levels, one after another, and all of them at once. */
export interface SearchSpace {
  /** Whether a block may have local heads: the heads are then split in thirds. */
  readonly hasLocalHeads: boolean;
  first(settings: SpaceSettings): Level;
  /** Every candidate of the search in one space, from which a random one is drawn. */
  joint(settings: SpaceSettings): Space;
}

/** The sizes of a space and the values that it is made of. */
export interface SpaceSettings extends SpaceSize {
  readonly grid: LowLevelGrid;
  /** Values of what a level does not search. */
  readonly defaults: LowLevelDefaults;
}

/** GLiT's two levels (paper, section 3.3): the heads of every block, then what is inside. */
function hierarchical(lowLevel: LowLevel): SearchSpace {
  return {
    hasLocalHeads: true,
    first({ depth, heads, grid, defaults }) {
      const space = highLevelSpace({ depth, heads, defaults });
      const next = (winner: Path): Level => ({
        name: 'low',
        space: lowLevel(blocksOf(space, winner), { grid, defaults }),
      });
      return { name: 'high', space, next };
    },
    joint: (settings) => jointSpace(lowLevel, settings),
  };
}

/** The spaces by name: the released code's grid, every combination of the paper, and attention alone (its NLP ablation). */
export const SEARCH_SPACES = {
  released: hierarchical(releasedLowLevel),
  paper: hierarchical(paperLowLevel),
  nlp: {
    hasLocalHeads: false,
    first: (settings) => ({ name: 'low', space: nlpSpace(settings) }),
    joint: nlpSpace,
  },
} as const satisfies Record<string, SearchSpace>;

export type SearchSpaceName = keyof typeof SEARCH_SPACES;
