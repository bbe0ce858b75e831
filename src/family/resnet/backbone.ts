import type { Fault } from '../family.js';

/** What the blocks of a ResNet share: its stem and its classes. All are whole numbers of at least 1. */
export type ResnetBackbone = {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  /** Channels that the stem makes. */
  readonly stemWidth: number;
  /** Side of the stem's convolution: 7, or 3 for small images. */
  readonly stemKernel: number;
  /** Stride of the stem's convolution, 1 or 2. */
  readonly stemStride: number;
  /** Stride of the 3×3 max pooling after it, 2; 1: there is none. */
  readonly poolStride: number;
  readonly classes: number;
};

/** The fields in the order of architecture files. */
export const RESNET_BACKBONE_FIELDS: readonly (keyof ResnetBackbone)[] = [
  'imageSize',
  'stemWidth',
  'stemKernel',
  'stemStride',
  'poolStride',
  'classes',
];

/** A stem that ResNets do not have. */
export function backboneFault({ stemKernel, stemStride, poolStride }: ResnetBackbone): Fault | undefined {
  if (stemKernel !== 3 && stemKernel !== 7) return { field: 'stemKernel', fact: `is ${stemKernel}; use 7 or 3` };
  if (stemStride > 2) return { field: 'stemStride', fact: `is ${stemStride}; use 1 or 2` };
  if (poolStride > 2) return { field: 'poolStride', fact: `is ${poolStride}; use 2, or 1 for no pooling` };
  return undefined;
}
