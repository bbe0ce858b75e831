import { UserError } from '../../errors.js';
import type { Description, Preset, PresetOptions } from '../family.js';
import { IMAGENET_NORMALIZATION, type Preprocessing } from '../preprocessing.js';
import type { ResnetBackbone } from './backbone.js';
import type { ResnetBlock } from './block.js';

/** The stem of published networks, for photographs: it leaves a quarter of the image's side. */
export const WIDE_STEM = { stemKernel: 7, stemStride: 2, poolStride: 2 } as const;
/** The stem for small images, which leaves their size. */
export const NARROW_STEM = { stemKernel: 3, stemStride: 1, poolStride: 1 } as const;
/** Images smaller than this, in pixels, get the narrow stem in {@link Preset.scaled}. */
const SMALL_IMAGE = 64;

/** torchvision's IMAGENET1K_V1 weights: shorter side to 256 for a crop of 224, bilinear. */
const TORCHVISION_PREPROCESSING: Preprocessing = {
  ...IMAGENET_NORMALIZATION,
  crop: 0.875,
  interpolation: 'bilinear',
};

/** What tells one published network from another. */
interface Pattern {
  readonly name: string;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Bottleneck width of the first stage, which every later stage doubles. */
  readonly width: number;
  /** Channels that a block gives for each one of its bottleneck. */
  readonly expansion: number;
  /** Bottleneck width of the first stage for each channel of the stem. */
  readonly stemShare: number;
  /** Channels of a group in the first stage; none: all are one group. */
  readonly groupWidth?: number;
}

const PATTERNS: readonly Pattern[] = [
  { name: 'resnet50', depths: [3, 4, 6, 3], width: 64, expansion: 4, stemShare: 1 },
  { name: 'resnet101', depths: [3, 4, 23, 3], width: 64, expansion: 4, stemShare: 1 },
  // 32×4d: 32 groups, of 4 channels in the first stage.
  { name: 'resnext50', depths: [3, 4, 6, 3], width: 128, expansion: 2, stemShare: 2, groupWidth: 4 },
];

function blocksOf({ depths, expansion, groupWidth }: Pattern, width: number): readonly ResnetBlock[] {
  return depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, at) => ({
      width: width * 2 ** stage,
      channels: width * 2 ** stage * expansion,
      stride: stage > 0 && at === 0 ? 2 : 1,
      groups: groupWidth === undefined ? 1 : width / groupWidth,
    })),
  );
}

function presetOf(pattern: Pattern): Preset<ResnetBackbone, ResnetBlock> {
  const { name, stemShare } = pattern;
  return {
    name,
    build: (options) => published(pattern, options),
    // A ResNeXt keeps its channels a group and changes the number of groups: of width 8, it has 2 groups of 4.
    widthStep: 8,
    scaled: (width, { imageSize, classes }) => ({
      name: `${name}-w${width}`,
      backbone: {
        imageSize,
        stemWidth: width / stemShare,
        ...(imageSize < SMALL_IMAGE ? NARROW_STEM : WIDE_STEM),
        classes,
      },
      blocks: blocksOf(pattern, width),
    }),
  };
}

function published(pattern: Pattern, options: PresetOptions): Description<ResnetBackbone, ResnetBlock> {
  const { name, width, stemShare } = pattern;
  const { imageSize = 224, patchSize, classes = 1000 } = options;
  if (patchSize !== undefined) {
    throw new UserError(
      `${name} has no patches, so a patch size of ${patchSize} says nothing; leave the patch size out`,
    );
  }
  return {
    name,
    backbone: { imageSize, stemWidth: width / stemShare, ...WIDE_STEM, classes },
    blocks: blocksOf(pattern, width),
    preprocessing: TORCHVISION_PREPROCESSING,
  };
}

export const RESNET_PRESETS: readonly Preset<ResnetBackbone, ResnetBlock>[] = PATTERNS.map(presetOf);
