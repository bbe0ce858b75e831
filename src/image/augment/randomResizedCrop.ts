import type { Rng } from '../../random/rng.js';
import { requireRange } from './parameters.js';

/** A random region of the original image, resized to the network's size (Szegedy et al. 2015, "Inception" crops). */
export interface RandomResizedCrop {
  /** Range of the share of the image's area. */
  readonly scale: readonly [number, number];
  /** Range of width ÷ height before the resize. */
  readonly ratio: readonly [number, number];
}

/** DeiT's and torchvision's setting. */
export const INCEPTION_CROP: RandomResizedCrop = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };

/** A rectangle of whole pixels inside an image. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const ATTEMPTS = 10;

/** Throws a UserError for a parameter that makes no sense. */
export function checkRandomResizedCrop({ scale, ratio }: RandomResizedCrop): void {
  requireRange('the scale of randomResizedCrop', scale, 1);
  requireRange('the ratio of randomResizedCrop', ratio);
}

/**
 * Draws the region by torchvision's rule: area uniform and aspect ratio log-uniform in their ranges. A rectangle that
 * does not fit is drawn again; after 10 misses the region is the largest central one with an allowed ratio.
 */
export function cropRegion(width: number, height: number, { scale, ratio }: RandomResizedCrop, rng: Rng): Region {
  const [leastRatio, greatestRatio] = ratio;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * between(scale[0], scale[1], rng);
    const aspect = Math.exp(between(Math.log(leastRatio), Math.log(greatestRatio), rng));
    const wide = Math.round(Math.sqrt(area * aspect));
    const high = Math.round(Math.sqrt(area / aspect));
    if (wide >= 1 && wide <= width && high >= 1 && high <= height) {
      return { top: rng.int(height - high + 1), left: rng.int(width - wide + 1), width: wide, height: high };
    }
  }
  const aspect = width / height;
  const wide = aspect > greatestRatio ? Math.max(1, Math.round(height * greatestRatio)) : width;
  const high = aspect < leastRatio ? Math.max(1, Math.round(width / leastRatio)) : height;
  return { left: (width - wide) >> 1, top: (height - high) >> 1, width: wide, height: high };
}

function between(least: number, greatest: number, rng: Rng): number {
  return least + (greatest - least) * rng.uniform();
}
