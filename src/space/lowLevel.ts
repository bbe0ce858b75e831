import { block } from '../family/glit/block.js';
import type { GlitBlock, HeadSplit, LowLevelDefaults } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { repeat, splitsOf } from './highLevel.js';
import type { SpaceSize } from './highLevel.js';
import { defineSpace } from './space.js';
import type { Space } from './space.js';

/** The grid of the low level. */
export interface LowLevelGrid {
  readonly kernels: readonly number[];
  readonly expansions: readonly number[];
  readonly dkRatios: readonly number[];
  readonly ffnRatios: readonly number[];
}

/** The paper's Table 1; its d_k of 96, 192 and 384 at width 192 are the ratios 0.5, 1 and 2. */
export const PAPER_GRID: LowLevelGrid = Object.freeze({
  kernels: Object.freeze([17, 31, 45]),
  expansions: Object.freeze([1, 2, 4]),
  dkRatios: Object.freeze([0.5, 1, 2]),
  ffnRatios: Object.freeze([2, 4, 6]),
});

/** Settings of the low-level spaces. */
export interface LowLevelOptions {
  /** Lists that replace the paper's. */
  readonly grid?: Partial<LowLevelGrid>;
  /** Overrides of the default values of fields that a space does not search. */
  readonly defaults?: Partial<LowLevelDefaults>;
}

/** A low level by name: a space of the inner sizes of blocks whose heads are already split. */
export type LowLevel = (splits: readonly HeadSplit[], options?: LowLevelOptions) => Space<GlitBlock>;

/**
 * The splits of a network from the number of global heads of each block, such as `[3, 0, 1]` with 3 heads per block.
 */
export function headSplits(globalHeads: readonly number[], heads: number): HeadSplit[] {
  return globalHeads.map((count) => ({ globalHeads: count, localHeads: heads - count }));
}

/**
 * The low level of the released code. Nine choices per block, index = 3 · row + column: local blocks K × E; global
 * blocks d_k ratio × FFN ratio; mixed blocks E × FFN ratio. Other fields have their defaults (FFN ratio 4, K = 31, d_k
 * ratio 1). `splits` may be the blocks that the high level found.
 */
export function releasedLowLevel(splits: readonly HeadSplit[], options: LowLevelOptions = {}): Space<GlitBlock> {
  return lowLevel('released', splits, options, {
    local: ['kernel', 'expansion'],
    global: ['dkRatio', 'ffnRatio'],
    mixed: ['expansion', 'ffnRatio'],
  });
}

/**
 * The low level of the paper: every applicable combination. Local blocks K × E × FFN ratio (27); global blocks d_k
 * ratio × FFN ratio (9); mixed blocks K × E × d_k ratio × FFN ratio (81). The last field varies fastest.
 */
export function paperLowLevel(splits: readonly HeadSplit[], options: LowLevelOptions = {}): Space<GlitBlock> {
  return lowLevel('paper', splits, options, {
    local: ['kernel', 'expansion', 'ffnRatio'],
    global: ['dkRatio', 'ffnRatio'],
    mixed: ['kernel', 'expansion', 'dkRatio', 'ffnRatio'],
  });
}

/** The paper's NLP-NAS ablation: attention only, d_k ratio × FFN ratio in every block (9). */
export function nlpSpace({ depth, heads, ...options }: SpaceSize & LowLevelOptions): Space<GlitBlock> {
  const splits = repeat({ globalHeads: heads, localHeads: 0 }, depth);
  return defineSpace('nlp', glit, paperLowLevel(splits, options).positions);
}

/**
 * Both levels at once, for the ablation of the hierarchical search: each block has every choice of `level` for each of
 * the four splits (36 with the released low level, 198 with the paper's).
 */
export function jointSpace(
  level: LowLevel,
  { depth, heads, ...options }: SpaceSize & LowLevelOptions,
): Space<GlitBlock> {
  const choices = level(splitsOf(heads), options).positions.flat();
  return defineSpace('joint', glit, repeat(choices, depth));
}

type Searched = keyof LowLevelDefaults;

/** The searched fields of each kind of block; the first varies slowest. */
interface Layout {
  readonly local: readonly Searched[];
  readonly global: readonly Searched[];
  readonly mixed: readonly Searched[];
}

function lowLevel(
  name: string,
  splits: readonly HeadSplit[],
  options: LowLevelOptions,
  layout: Layout,
): Space<GlitBlock> {
  const grid = { ...PAPER_GRID, ...options.grid };
  const values: Readonly<Record<Searched, readonly number[]>> = {
    kernel: grid.kernels,
    expansion: grid.expansions,
    dkRatio: grid.dkRatios,
    ffnRatio: grid.ffnRatios,
  };
  const positions = splits.map(({ globalHeads, localHeads }): GlitBlock[] => {
    const searched = globalHeads === 0 ? layout.local : localHeads === 0 ? layout.global : layout.mixed;
    const combinations = searched.reduce<readonly Partial<LowLevelDefaults>[]>(
      (rows, field) => rows.flatMap((row) => values[field].map((value) => ({ ...row, [field]: value }))),
      [{}],
    );
    return combinations.map((combination) => block({ globalHeads, localHeads, ...combination }, options.defaults));
  });
  return defineSpace(name, glit, positions);
}
