import type { Rng } from '../../random/rng.js';
import type { Image } from '../image.js';
import { brightness } from './operations/brightness.js';
import { colour } from './operations/colour.js';
import { contrast } from './operations/contrast.js';
import { requireNotNegative } from './parameters.js';

/**
 * Changes brightness, contrast and saturation in random order, each by a factor uniform in 1 − x to 1 + x (at least 0),
 * like torchvision's ColorJitter. 0 turns one off.
 */
export interface ColorJitter {
  readonly step: 'colorJitter';
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** Throws a UserError for a parameter that makes no sense. */
export function checkColorJitter({ brightness, contrast, saturation }: ColorJitter): void {
  for (const [name, spread] of Object.entries({ brightness, contrast, saturation })) {
    requireNotNegative(`the ${name} of colorJitter`, spread);
  }
}

/** Returns a new image, or `image` itself if nothing changes; does not modify `image`. */
export function colorJitter(image: Image, parameters: ColorJitter, rng: Rng): Image {
  const adjustments = [
    { apply: brightness, spread: parameters.brightness },
    { apply: contrast, spread: parameters.contrast },
    { apply: colour, spread: parameters.saturation },
  ];
  return rng.shuffle(adjustments).reduce((jittered, { apply, spread }) => {
    if (spread === 0) return jittered;
    const least = Math.max(0, 1 - spread);
    return apply(jittered, least + (1 + spread - least) * rng.uniform());
  }, image);
}
