import type { Filter } from './resize.js';

/** The view of an image in evaluation: resized, then the central square. */
export interface Framing {
  /** Share of the resized image's shorter side that the square keeps: 0.875 resizes to 256 for a square of 224. */
  readonly crop: number;
  readonly interpolation: Filter;
}

/** torchvision's and DeiT's usual view: shorter side to 256/224 of the square, bicubic. */
export const USUAL_FRAMING: Framing = { crop: 0.875, interpolation: 'bicubic' };
