import { defineFamily } from '../family.js';
import { backboneFault, fitFault, GLIT_BACKBONE_FIELDS, type GlitBackbone } from './backbone.js';
import { describeBlock, faultOf, type GlitBlock } from './block.js';
import { classifier } from './classifier.js';
import { entanglement } from './entanglement.js';
import { glBlock } from './glBlock.js';
import { deitLayout, glitLayout } from './layouts.js';
import { channelParts, patchGrid } from './gradCam.js';
import { patchEmbed } from './patchEmbed.js';
import { patchRows, resizedPositions } from './positionEmbedding.js';
import { GLIT_PRESETS } from './presets.js';
import { claims, recognize, sizesOf } from './recognize.js';
import { releasedBlockConvention, releasedConvention } from './releasedConvention.js';

/**
 * GLiT (Chen et al., 2021): a vision transformer whose heads may be convolutions. With only global heads it is ViT
 * (Dosovitskiy et al., 2021) and DeiT (Touvron et al., 2021). Blocks pass on tokens, [B, N, D].
 */
export const glit = defineFamily<GlitBackbone, GlitBlock>({
  name: 'glit',
  title: 'GLiT, DeiT and ViT',

  backboneFields: GLIT_BACKBONE_FIELDS,
  blockFields: [
    { name: 'globalHeads', optional: false },
    { name: 'localHeads', optional: false },
    { name: 'kernel', optional: true },
    { name: 'expansion', optional: true },
    { name: 'dkRatio', optional: true },
    { name: 'ffnRatio', optional: false },
  ],
  backboneFault,
  blockFault: faultOf,
  fitFault,
  describeBackbone: ({ imageSize, patchSize, dim, heads, classes }) =>
    `${imageSize} px in patches of ${patchSize}, width ${dim}, ${heads} heads, ${classes} classes`,
  describeBlock,
  columns: [
    { title: 'G', cell: ({ globalHeads }) => globalHeads },
    { title: 'L', cell: ({ localHeads }) => localHeads },
    { title: 'K', cell: ({ kernel }) => kernel },
    { title: 'E', cell: ({ expansion }) => expansion },
    { title: 'd_k ratio', cell: ({ dkRatio }) => dkRatio },
    { title: 'FFN ratio', cell: ({ ffnRatio }) => ffnRatio },
  ],

  stem: patchEmbed,
  block: glBlock,
  head: (scope, x, { classes }) => classifier(scope, x, classes),
  residualBranches: 2,
  entanglement,
  gradCam: { tap: 'norm1', grid: patchGrid, parts: channelParts },

  presets: GLIT_PRESETS,
  layouts: [deitLayout, glitLayout],
  claims,
  recognize,
  sizesOf,
  asTrained(backbone, shapes) {
    const classes = shapes.get('head.weight')?.[0] ?? backbone.classes;
    const rows = patchRows(shapes.get('pos_embed') ?? []);
    const imageSize = rows === undefined ? backbone.imageSize : rows * backbone.patchSize;
    return { ...backbone, classes: Math.max(1, classes), imageSize };
  },
  classifier: 'head.',
  resized: (name, value, { imageSize, patchSize }) =>
    name === 'pos_embed' ? resizedPositions(value, imageSize / patchSize) : value,
  publishedMacs: {
    ofBlock: releasedBlockConvention,
    ofNetwork: releasedConvention,
    convention: "By GLiT's released code, which always counts 197 tokens",
  },
});
