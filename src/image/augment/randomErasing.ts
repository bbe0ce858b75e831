import type { Rng } from '../../random/rng.js';
import { requireRange, requireShare } from './parameters.js';

/**
 * Random erasing (Zhong et al., 2020) in timm's pixel mode: replaces a rectangle of the image with normal noise, drawn
 * separately for every value.
 */
export interface RandomErasing {
  /** The probability of erasing part of an image. */
  readonly probability: number;
  /** Range of the share of the image's area. Default: 0.02 to 1/3. */
  readonly area?: readonly [number, number];
  /** Range of height ÷ width, drawn log-uniformly. Default: 0.3 to 1/0.3. */
  readonly ratio?: readonly [number, number];
}

/** DeiT's setting. */
export const DEIT_RANDOM_ERASING: RandomErasing = { probability: 0.25 };

/** By channel, on a scale of 0 to 1: the normalisation of images. */
export interface Noise {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A rectangle of an image. */
export interface Erased {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Throws a UserError for a parameter that makes no sense. */
export function checkRandomErasing({ probability, area = AREA, ratio = RATIO }: RandomErasing): void {
  requireShare('the probability of randomErasing', probability);
  requireRange('the area of randomErasing', area, 1);
  requireRange('the ratio of randomErasing', ratio);
}

const ATTEMPTS = 10;
const AREA: readonly [number, number] = [0.02, 1 / 3];
const RATIO: readonly [number, number] = [0.3, 1 / 0.3];

/**
 * Erases at random in `pixels`, float32 [3, size, size] from 0 to 255, in place. The noise is normal with `noise`'s
 * mean and deviation, so it is standard normal after normalisation; values are not clipped.
 */
export function randomErasing(
  pixels: Float32Array,
  size: number,
  parameters: RandomErasing,
  { mean, std }: Noise,
  rng: Rng,
): void {
  const erased = drawErased(size, parameters, rng);
  if (erased === undefined) return;
  const { top, left, height, width } = erased;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = top; y < top + height; y++) {
      const start = (channel * size + y) * size + left;
      const row = pixels.subarray(start, start + width);
      rng.fillNormal(row);
      for (let x = 0; x < width; x++) row[x] = 255 * (mean[channel] + std[channel] * row[x]);
    }
  }
}

/** The rectangle to erase; undefined for most images. If it does not fit, it is drawn again, up to 10 times. */
export function drawErased(
  size: number,
  { probability, area = AREA, ratio = RATIO }: RandomErasing,
  rng: Rng,
): Erased | undefined {
  if (rng.uniform() >= probability) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pixels = size * size * (area[0] + (area[1] - area[0]) * rng.uniform());
    const [least, greatest] = [Math.log(ratio[0]), Math.log(ratio[1])];
    const aspect = Math.exp(least + (greatest - least) * rng.uniform());
    const height = Math.round(Math.sqrt(pixels * aspect));
    const width = Math.round(Math.sqrt(pixels / aspect));
    if (width < size && height < size) {
      return { top: rng.int(size - height + 1), left: rng.int(size - width + 1), height, width };
    }
  }
  return undefined;
}
