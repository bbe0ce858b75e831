import { adamw } from '../../src/train/optimizers/adamw.js';
import type { Optimizer } from '../../src/train/optimizers/optimizer.js';

/** AdamW, except that the weights become infinite in some steps if the learning rate is above a bound. */
export function failing(bounds: Readonly<Record<number, number>>): Optimizer {
  const optimizer = adamw();
  return {
    ...optimizer,
    scalarsAt: (rates) =>
      optimizer.scalarsAt(
        rates.learningRate > (bounds[rates.updates] ?? Infinity) ? { ...rates, learningRate: 1e38 } : rates,
      ),
  };
}
