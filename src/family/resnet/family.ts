import { transpose } from '../../graph/index.js';
import { defineFamily } from '../family.js';
import { backboneFault, RESNET_BACKBONE_FIELDS, type ResnetBackbone } from './backbone.js';
import { describeBlock, faultOf, RESNET_BLOCK_FIELDS, type ResnetBlock } from './block.js';
import { bottleneck } from './bottleneck.js';
import { torchvisionLayout } from './layouts.js';
import { pooledClassifier } from './pooledClassifier.js';
import { RESNET_PRESETS } from './presets.js';
import { claims, recognize, sizesOf } from './recognize.js';
import { stem } from './stem.js';

/**
 * ResNet (He et al., 2016) and ResNeXt (Xie et al., 2017) of bottleneck blocks. Between blocks there are images of many
 * channels, [B, C, H, W].
 */
export const resnet = defineFamily<ResnetBackbone, ResnetBlock>({
  name: 'resnet',
  title: 'ResNet and ResNeXt',

  backboneFields: RESNET_BACKBONE_FIELDS,
  blockFields: RESNET_BLOCK_FIELDS.map((name) => ({ name, optional: false })),
  backboneFault,
  blockFault: faultOf,
  // Any block takes any image: padding keeps at least one pixel.
  fitFault: () => undefined,
  describeBackbone: ({ imageSize, stemWidth, stemKernel, stemStride, poolStride, classes }) =>
    `${imageSize} px, stem ${stemKernel}×${stemKernel} of ${stemWidth} channels with stride ${stemStride}` +
    `${poolStride === 1 ? '' : ' and pooling'}, ${classes} classes`,
  describeBlock,
  columns: [
    { title: 'width', cell: ({ width }) => width },
    { title: 'channels', cell: ({ channels }) => channels },
    { title: 'stride', cell: ({ stride }) => stride },
    { title: 'groups', cell: ({ groups }) => groups },
  ],

  stem,
  block: bottleneck,
  head: (scope, x, { classes }) => pooledClassifier(scope, x, classes),
  residualBranches: 1,
  gradCam: { tap: 'output', grid: (x) => transpose(x, [0, 2, 3, 1]) },

  presets: RESNET_PRESETS,
  layouts: [torchvisionLayout],
  claims,
  recognize,
  sizesOf,
  asTrained(backbone, shapes) {
    const classes = shapes.get('fc.weight')?.[0] ?? backbone.classes;
    return { ...backbone, classes: Math.max(1, classes) };
  },
  classifier: 'fc.',
  resized: (_, value) => value,
});
