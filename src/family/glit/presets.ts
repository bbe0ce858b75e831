import type { Description, Preset, PresetOptions } from '../family.js';
import type { Preprocessing } from '../preprocessing.js';
import type { GlitBackbone } from './backbone.js';
import { block, type BlockFields, type GlitBlock } from './block.js';

interface Size {
  readonly dim: number;
  readonly heads: number;
}

/** Widths and heads of DeiT (Touvron et al., 2021, Table 1); those of ViT and GLiT are the same. */
const SIZES = {
  tiny: { dim: 192, heads: 3 },
  small: { dim: 384, heads: 6 },
  base: { dim: 768, heads: 12 },
} as const satisfies Record<string, Size>;
const DEPTH = 12;

/** timm's `vit_*_patch16_224` (Steiner et al., 2022): shorter side to 248, and every channel to −1..1. */
const VIT_PREPROCESSING: Preprocessing = {
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  crop: 0.9,
  interpolation: 'bicubic',
};

/** The number of heads of published networks with this width; undefined if there are none. */
export function publishedHeads(dim: number): number | undefined {
  return Object.values(SIZES).find((size) => size.dim === dim)?.heads;
}

/**
 * The released GLiT-Tiny (GLiT's code, 2021). Its three heads per block stand for thirds of the heads of a larger
 * network. The paper's Small and Base were not published.
 */
const RELEASED: readonly BlockFields[] = [
  { globalHeads: 3, localHeads: 0, dkRatio: 0.5, ffnRatio: 4 },
  { globalHeads: 0, localHeads: 3, kernel: 31, expansion: 2, ffnRatio: 4 },
  { globalHeads: 1, localHeads: 2, kernel: 31, expansion: 4, dkRatio: 1, ffnRatio: 6 },
  { globalHeads: 3, localHeads: 0, dkRatio: 1, ffnRatio: 4 },
  { globalHeads: 0, localHeads: 3, kernel: 45, expansion: 4, ffnRatio: 4 },
  { globalHeads: 1, localHeads: 2, kernel: 31, expansion: 4, dkRatio: 1, ffnRatio: 6 },
  { globalHeads: 3, localHeads: 0, dkRatio: 1, ffnRatio: 2 },
  { globalHeads: 1, localHeads: 2, kernel: 31, expansion: 4, dkRatio: 1, ffnRatio: 2 },
  { globalHeads: 0, localHeads: 3, kernel: 45, expansion: 4, ffnRatio: 4 },
  { globalHeads: 3, localHeads: 0, dkRatio: 1, ffnRatio: 4 },
  { globalHeads: 0, localHeads: 3, kernel: 31, expansion: 4, ffnRatio: 4 },
  { globalHeads: 3, localHeads: 0, dkRatio: 2, ffnRatio: 6 },
];

function releasedBlocks(heads: number): readonly GlitBlock[] {
  return RELEASED.map((thirds) =>
    block({
      ...thirds,
      globalHeads: (thirds.globalHeads * heads) / 3,
      localHeads: (thirds.localHeads * heads) / 3,
    }),
  );
}

/** Attention in all heads, d_k ratio 1, FFN ratio 4: a block of ViT and DeiT. */
export function attentionBlocks(heads: number, depth: number): readonly GlitBlock[] {
  const attention = block({ globalHeads: heads, localHeads: 0, dkRatio: 1, ffnRatio: 4 });
  return Array.from({ length: depth }, () => attention);
}

/** A preset with this size and these blocks. */
function presetOf(
  name: string,
  { dim, heads }: Size,
  blocks: readonly GlitBlock[],
  preprocessing?: Preprocessing,
): Preset<GlitBackbone, GlitBlock> {
  const described = (width: number, options: PresetOptions): Description<GlitBackbone, GlitBlock> => {
    const { imageSize = 224, patchSize = 16, classes = 1000 } = options;
    return { name, backbone: { imageSize, patchSize, dim: width, heads, classes }, blocks, preprocessing };
  };
  return {
    name,
    build: (options) => described(dim, options),
    widthStep: 2 * heads,
    scaled: (width, sizes) => ({
      ...described(width, { ...sizes, patchSize: patchFor(sizes.imageSize) }),
      name: `${name}-w${width}`,
      preprocessing: undefined,
    }),
  };
}

/** A patch size that leaves at least eight rows of tokens: 16 pixels from 128 on, 4 for CIFAR's 32. */
export function patchFor(imageSize: number): number {
  return [16, 8, 4, 2].find((size) => imageSize % size === 0 && imageSize / size >= 8) ?? 1;
}

export const GLIT_PRESETS: readonly Preset<GlitBackbone, GlitBlock>[] = [
  ...Object.entries(SIZES).map(([size, of]) => presetOf(`deit-${size}`, of, attentionBlocks(of.heads, DEPTH))),
  ...Object.entries(SIZES).map(([size, of]) => presetOf(`glit-${size}`, of, releasedBlocks(of.heads))),
  ...Object.entries(SIZES).map(([size, of]) =>
    presetOf(`vit-${size}`, of, attentionBlocks(of.heads, DEPTH), VIT_PREPROCESSING),
  ),
];
