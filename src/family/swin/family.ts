import { defineFamily } from '../family.js';
import { backboneFault, SWIN_BACKBONE_FIELDS, type SwinBackbone } from './backbone.js';
import { blockFault, describeBlock, fitFault, SWIN_BLOCK_FIELDS, type SwinBlock } from './block.js';
import { timmLayout, torchvisionLayout } from './layouts.js';
import { SWIN_PRESETS } from './presets.js';
import { claims, classesOf, recognize, sizesOf } from './recognize.js';
import { classifier, patchEmbed } from './stemAndHead.js';
import { swinBlock } from './swinBlock.js';

/**
 * Swin Transformers (Liu et al., 2021): attention inside windows that every second block shifts, in stages that merge
 * patches. Between blocks there are tokens in their places, [B, H, W, C].
 */
export const swin = defineFamily<SwinBackbone, SwinBlock>({
  name: 'swin',
  title: 'Swin Transformer',

  backboneFields: SWIN_BACKBONE_FIELDS,
  blockFields: SWIN_BLOCK_FIELDS.map((name) => ({ name, optional: false })),
  backboneFault,
  blockFault,
  fitFault,
  describeBackbone: ({ imageSize, patchSize, dim, classes }) =>
    `${imageSize} px in patches of ${patchSize}, width ${dim} at first, ${classes} classes`,
  describeBlock,
  columns: [
    { title: 'merge', cell: ({ merge }) => (merge === 1 ? 1 : undefined) },
    { title: 'width', cell: ({ dim }) => dim },
    { title: 'heads', cell: ({ heads }) => heads },
    { title: 'window', cell: ({ window }) => window },
    { title: 'shift', cell: ({ shift }) => shift },
    { title: 'FFN ratio', cell: ({ ffnRatio }) => ffnRatio },
  ],

  stem: patchEmbed,
  block: swinBlock,
  head: (scope, x, { classes }) => classifier(scope, x, classes),
  residualBranches: 2,
  gradCam: { tap: 'norm1', grid: (tokens) => tokens },

  presets: SWIN_PRESETS,
  layouts: [torchvisionLayout, timmLayout],
  claims,
  recognize,
  sizesOf,
  asTrained: (backbone, shapes) => ({ ...backbone, classes: Math.max(1, classesOf(shapes) ?? backbone.classes) }),
  classifier: 'head.',
  // Tables of relative positions depend on the windows, not on the image.
  resized: (_, value) => value,
});
