import { architecture } from '../../src/family/architecture.js';
import type { Architecture } from '../../src/family/family.js';
import type { ResnetBackbone } from '../../src/family/resnet/backbone.js';
import type { ResnetBlock } from '../../src/family/resnet/block.js';
import { resnet } from '../../src/family/resnet/family.js';

/** A ResNet that has everything: a pooled stem, four stages, groups, blocks with and without a downsampling shortcut. */
export const TINY_RESNET: Architecture<ResnetBackbone, ResnetBlock> = architecture(resnet, {
  name: 'tiny',
  backbone: { imageSize: 32, stemWidth: 8, stemKernel: 7, stemStride: 2, poolStride: 2, classes: 10 },
  blocks: [
    { width: 4, channels: 16, stride: 1, groups: 1 },
    { width: 4, channels: 16, stride: 1, groups: 1 },
    { width: 8, channels: 24, stride: 2, groups: 2 },
    { width: 8, channels: 32, stride: 2, groups: 1 },
    { width: 8, channels: 32, stride: 2, groups: 4 },
  ],
});
