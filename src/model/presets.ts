import { closest } from 'fastest-levenshtein';
import { UserError } from '../errors.js';
import { architecture, type Architecture } from '../space/architecture.js';
import { block } from '../space/block.js';
import { headSplits, releasedLowLevel } from '../space/lowLevel.js';
import { blocksOf } from '../space/space.js';
import { costOf } from './cost.js';

/** What can be changed about a preset; the rest of it is its name. */
export interface PresetOptions {
  /** Side of the image in pixels; 224. */
  readonly imageSize?: number;
  /** Side of a patch in pixels; 16. */
  readonly patchSize?: number;
  /** 1000, ImageNet's. */
  readonly classes?: number;
}

interface Size {
  readonly dim: number;
  readonly heads: number;
}

/** Widths and heads of DeiT (Touvron et al., 2021, Table 1); GLiT's three sizes are the same. */
const SIZES: Readonly<Record<string, Size>> = {
  tiny: { dim: 192, heads: 3 },
  small: { dim: 384, heads: 6 },
  base: { dim: 768, heads: 12 },
};
const DEPTH = 12;

/** The heads of the published networks of this width; undefined when none has it. */
export function publishedHeads(dim: number): number | undefined {
  return Object.values(SIZES).find((size) => size.dim === dim)?.heads;
}

/** The released GLiT-Tiny: the global thirds of every block, and its choice in the released low-level space. */
const RELEASED_GLOBAL_THIRDS = [3, 0, 1, 3, 0, 1, 3, 1, 0, 3, 0, 3];
const RELEASED_PATH = [1, 4, 8, 4, 8, 8, 3, 6, 8, 4, 5, 8];

const PRESETS: ReadonlyMap<string, (name: string, options: PresetOptions) => Architecture> = new Map(
  Object.entries(SIZES).flatMap(([size, { dim, heads }]) => [
    [`deit-${size}`, (name, options) => deit({ name, dim, heads, depth: DEPTH, ...options })] as const,
    [`glit-${size}`, (name, options) => releasedGlit(name, { dim, heads }, options)] as const,
  ]),
);

/** The architectures that {@link preset} knows. */
export const presetNames: readonly string[] = [...PRESETS.keys()].sort();

/**
 * An architecture by name: `deit-tiny`, `deit-small`, `deit-base`; `glit-tiny`, the released one (GLiT's code, 2021), and
 * `glit-small` and `glit-base`, the same blocks scaled to 6 and 12 heads (the paper's own Small and Base were not
 * published). Throws a UserError for another name.
 */
export function preset(name: string, options: PresetOptions = {}): Architecture {
  const make = PRESETS.get(name);
  if (make === undefined) {
    throw new UserError(
      `there is no architecture called "${name}"; did you mean ${closest(name, [...presetNames])}? (${presetNames.join(', ')})`,
    );
  }
  return make(name, options);
}

function releasedGlit(name: string, { dim, heads }: Size, options: PresetOptions): Architecture {
  const globalHeads = RELEASED_GLOBAL_THIRDS.map((thirds) => (thirds * heads) / 3);
  const space = releasedLowLevel(headSplits(globalHeads, heads));
  return architecture({ name, backbone: backboneOf({ dim, heads }, options), blocks: blocksOf(space, RELEASED_PATH) });
}

export interface DeitOptions extends PresetOptions {
  readonly name?: string;
  readonly dim: number;
  readonly heads: number;
  readonly depth: number;
}

/** DeiT of any size: attention in all heads of all blocks, d_k ratio 1, FFN ratio 4. */
export function deit({ name, dim, heads, depth, ...options }: DeitOptions): Architecture {
  const attention = block({ globalHeads: heads, localHeads: 0, dkRatio: 1, ffnRatio: 4 });
  return architecture({
    name: name ?? `deit-${dim}x${depth}`,
    backbone: backboneOf({ dim, heads }, options),
    blocks: Array.from({ length: depth }, () => attention),
  });
}

function backboneOf({ dim, heads }: Size, { imageSize = 224, patchSize = 16, classes = 1000 }: PresetOptions) {
  return { imageSize, patchSize, dim, heads, classes };
}

/**
 * The narrowest DeiT of this depth and these heads (its width is a multiple of the heads) that takes at least `macs`
 * multiply-adds an image: what a found network is compared with, so that the comparison does not favour it.
 */
export function nearestDeit({
  macs,
  ...size
}: Omit<DeitOptions, 'dim' | 'name'> & { readonly macs: number }): Architecture {
  if (!(Number.isFinite(macs) && macs >= 0)) {
    throw new UserError(`a DeiT of ${macs} MACs does not exist; give a finite number of multiply-adds`);
  }
  const ofHeadWidth = (width: number): Architecture => deit({ ...size, dim: width * size.heads });
  const suffices = (width: number): boolean => costOf(ofHeadWidth(width)).macs >= macs;
  let [below, enough] = [0, 1];
  while (!suffices(enough)) [below, enough] = [enough, 2 * enough];
  while (enough - below > 1) {
    const middle = (below + enough) >> 1;
    if (suffices(middle)) enough = middle;
    else below = middle;
  }
  return ofHeadWidth(enough);
}
