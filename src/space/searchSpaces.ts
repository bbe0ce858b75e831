import type { LowLevelDefaults } from '../family/glit/block.js';
import { highLevelSpace, type SpaceSize } from './highLevel.js';
import { jointSpace, nlpSpace, paperLowLevel, releasedLowLevel, type LowLevel, type LowLevelGrid } from './lowLevel.js';
import { blocksOf, defineSpace, type Path, type Space } from './space.js';

/** A level of a hierarchical search: its space, and the next level for its winner. */
export interface Level {
  /** The name in stages and files: `high`, `low`, or `joint` for both at once. */
  readonly name: string;
  readonly space: Space;
  /** The next level, with this level's choices fixed to those of `winner`; undefined for the last level. */
  next?(winner: Path): Level;
}

/** A search space: its levels, one after another, and all at once. */
export interface SearchSpace {
  /** Whether blocks may have local heads; the heads are then split in thirds. */
  readonly hasLocalHeads: boolean;
  first(settings: SpaceSettings): Level;
  /** All candidates of the search in one space: for a search that is not hierarchical, and to draw a random one from. */
  joint(settings: SpaceSettings): Space;
}

/** The sizes of a space and its grid. */
export interface SpaceSettings extends SpaceSize {
  readonly grid: LowLevelGrid;
  /** Values of the fields that a level does not search. */
  readonly defaults: LowLevelDefaults;
}

/** GLiT's two levels (paper, section 3.3): the heads of every block, then the inner sizes. */
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

/**
 * The spaces by name: the released code's grid, every combination of the paper, attention only (its NLP ablation), and the
 * heads of every block only, with default inner sizes (its first level alone).
 */
export const SEARCH_SPACES = {
  released: hierarchical(releasedLowLevel),
  paper: hierarchical(paperLowLevel),
  nlp: {
    hasLocalHeads: false,
    first: (settings) => ({ name: 'low', space: nlpSpace(settings) }),
    joint: nlpSpace,
  },
  high: {
    hasLocalHeads: true,
    first: (settings) => ({ name: 'high', space: highLevelSpace(settings) }),
    joint: highLevelSpace,
  },
} as const satisfies Record<string, SearchSpace>;

/** All blocks that any level of a space may choose, by position; under the space's name. */
export function allBlocks(name: SearchSpaceName, settings: SpaceSettings): Space {
  const searched: SearchSpace = SEARCH_SPACES[name];
  const [one, all] = [searched.first(settings).space, searched.joint(settings)];
  const { family } = all;
  const positions = all.positions.map((choices, position) => [
    ...new Map([...one.positions[position], ...choices].map((block) => [family.describeBlock(block), block])).values(),
  ]);
  return defineSpace(name, family, positions);
}

export type SearchSpaceName = keyof typeof SEARCH_SPACES;
