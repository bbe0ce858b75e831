import type { Preset } from '../family.js';
import { IMAGENET_NORMALIZATION, type Preprocessing } from '../preprocessing.js';
import type { SwinBackbone } from './backbone.js';
import type { SwinBlock } from './block.js';

/** Swin-T (Liu et al., 2021, section 3.3): blocks of each stage, and heads in the first one, which double with the width. */
const TINY = { dim: 96, depths: [2, 2, 6, 2], heads: 3, window: 7 };
const FFN_RATIO = 4;

/** torchvision's for its `Swin_T_Weights.IMAGENET1K_V1`: shorter side to 232, bicubic, crop of 224. */
const TORCHVISION_PREPROCESSING: Preprocessing = {
  ...IMAGENET_NORMALIZATION,
  crop: 224 / 232,
  interpolation: 'bicubic',
};

/** timm's for its Swin Transformers, all bicubic: shorter side to 1/0.9 of the crop for windows of 7, the crop's own for 12. */
export function timmPreprocessing(window: number): Preprocessing {
  return { ...IMAGENET_NORMALIZATION, crop: window === 12 ? 1 : 0.9, interpolation: 'bicubic' };
}

/** Blocks of Swin-T's pattern: the width doubles from stage to stage, every second block of a stage shifts its windows. */
function blocksOf(dim: number, windowOf: (stage: number) => number): readonly SwinBlock[] {
  return TINY.depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, index) => {
      const window = windowOf(stage);
      return {
        merge: stage > 0 && index === 0 ? 1 : 0,
        dim: dim * 2 ** stage,
        heads: TINY.heads * 2 ** stage,
        window,
        shift: index % 2 === 0 ? 0 : Math.floor(window / 2),
        ffnRatio: FFN_RATIO,
      };
    }),
  );
}

/** Fewer rows of patches than this leave the last of four stages less than two. */
const LEAST_ROWS = 14;

/** Patches that leave a small image enough rows: 4 pixels from 56 on, 2 for CIFAR's 32. */
export function patchFor(imageSize: number): number {
  return [4, 2].find((size) => imageSize % size === 0 && imageSize / size >= LEAST_ROWS) ?? 1;
}

/**
 * The published windows of 7 where they tile the patches, else windows of 4, which tile the powers of two that other sizes
 * mostly give (32 pixels: grids of 16, 8, 4, 2); and none larger than its stage's grid, where it would be filled up with
 * zeros (in the paper's code a window is cut down likewise).
 */
export function windowFor(rows: number, stage: number): number {
  const window = rows % TINY.window === 0 ? TINY.window : 4;
  return Math.min(window, Math.ceil(rows / 2 ** stage));
}

export const SWIN_PRESETS: readonly Preset<SwinBackbone, SwinBlock>[] = [
  {
    name: 'swin-tiny',
    build: ({ imageSize = 224, patchSize = 4, classes = 1000 }) => ({
      name: 'swin-tiny',
      backbone: { imageSize, patchSize, dim: TINY.dim, classes },
      blocks: blocksOf(TINY.dim, () => TINY.window),
      preprocessing: TORCHVISION_PREPROCESSING,
    }),
    widthStep: TINY.heads,
    scaled: (width, { imageSize, classes }) => {
      const patchSize = patchFor(imageSize);
      return {
        name: `swin-tiny-w${width}`,
        backbone: { imageSize, patchSize, dim: width, classes },
        blocks: blocksOf(width, (stage) => windowFor(imageSize / patchSize, stage)),
      };
    },
  },
];
