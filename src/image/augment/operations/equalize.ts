import type { Image } from '../../image.js';
import { lookUp, tableOf, tablesByHistogram } from './lookUp.js';

/** Histogram equalization: spreads the values of each channel so that all are about equally frequent. */
export function equalize(image: Image): Image {
  return lookUp(
    image,
    ...tablesByHistogram(image, (histogram) => {
      const brightest = histogram.findLastIndex((count) => count > 0);
      const step = Math.floor((image.size * image.size - histogram[brightest]) / 255);
      if (step === 0) return tableOf((value) => value);
      let below = Math.floor(step / 2);
      return tableOf((value) => {
        const level = below / step;
        below += histogram[value];
        return level;
      });
    }),
  );
}
