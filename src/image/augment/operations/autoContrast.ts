import type { Image } from '../../image.js';
import { lookUp, tableOf, tablesByHistogram } from './lookUp.js';

/** Stretches each channel to the full range: its darkest value becomes 0 and its brightest 255. */
export function autoContrast(image: Image): Image {
  return lookUp(
    image,
    ...tablesByHistogram(image, (histogram) => {
      const darkest = histogram.findIndex((count) => count > 0);
      const brightest = histogram.findLastIndex((count) => count > 0);
      if (brightest <= darkest) return tableOf((value) => value);
      const scale = 255 / (brightest - darkest);
      const offset = -darkest * scale;
      return tableOf((value) => value * scale + offset);
    }),
  );
}
