import { Generation } from '../generation.js';
import type { Sampler } from '../sampler.js';

/**
 * Random search, the baseline for evolution: every path is random. Generations only group the trials, so that both fit
 * in one plot.
 */
export const randomSearch: Sampler = {
  ask(request, rng) {
    const generation = new Generation(request);
    generation.fillRandomly(rng.fork('random'));
    return generation.proposals;
  },
};
