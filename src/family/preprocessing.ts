import { USUAL_FRAMING, type Framing } from '../image/framing.js';

/** Mean and standard deviation of each colour channel, for pixel values in 0..1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How an image becomes a network's input in evaluation: resize, crop the centre, normalise. */
export interface Preprocessing extends Normalization, Framing {}

/** ImageNet's statistics, which most published networks use. */
export const IMAGENET_NORMALIZATION: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/**
 * DeiT's preprocessing, which glit also uses for every network it trains from scratch: shorter side to 256/224 of the
 * size, bicubic.
 */
export const DEIT_PREPROCESSING: Preprocessing = Object.freeze({
  ...IMAGENET_NORMALIZATION,
  ...USUAL_FRAMING,
});

/** Whether two preprocessings are equal. */
export function samePreprocessing(a: Preprocessing, b: Preprocessing): boolean {
  return (
    a.crop === b.crop &&
    a.interpolation === b.interpolation &&
    a.mean.join() === b.mean.join() &&
    a.std.join() === b.std.join()
  );
}
