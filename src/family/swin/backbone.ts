import type { Fault } from '../family.js';

/** What the blocks of a Swin Transformer share. All are whole numbers of at least 1. */
export type SwinBackbone = {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  /** Side of a square patch, in pixels; divides the image. */
  readonly patchSize: number;
  /** Width of a patch after the embedding, and of the blocks of the first stage. */
  readonly dim: number;
  readonly classes: number;
};

/** The fields in the order of architecture files. */
export const SWIN_BACKBONE_FIELDS: readonly (keyof SwinBackbone)[] = ['imageSize', 'patchSize', 'dim', 'classes'];

/** Patches that do not tile the image. */
export function backboneFault({ imageSize, patchSize }: SwinBackbone): Fault | undefined {
  if (imageSize % patchSize === 0) return undefined;
  return { field: 'imageSize', fact: `is ${imageSize}, which patches of ${patchSize} do not tile; use a multiple` };
}
