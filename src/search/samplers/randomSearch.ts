import { Generation } from '../generation.js';
import type { Sampler } from '../sampler.js';

/**
 * Random search, the baseline of the evolution: every path is random. Its generations only number the trials, so that both
 * can be drawn in one plot.
 */
export const randomSearch: Sampler = {
  ask(request, rng) {
    const generation = new Generation(request);
    generation.fillRandomly(rng.fork('random'));
    return generation.proposals;
  },
};
