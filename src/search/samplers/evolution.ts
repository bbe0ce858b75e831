import type { Rng } from '../../random/rng.js';
import { best } from '../best.js';
import { crossOver } from '../crossover.js';
import { Generation } from '../generation.js';
import { mutate } from '../mutation.js';
import type { Sampler } from '../sampler.js';
import { evolutionSettings, type EvolutionSettings } from '../settings.js';
import type { Proposal } from '../trial.js';

/** Attempts for each wanted child before the slots that are left go to random paths. */
const ATTEMPTS_PER_CHILD = 10;

/**
 * Evolution over paths by their fitness (SPOS, section 3.4). The first generation is random. Each later one has children by
 * mutation and by crossover of the best trials of all generations so far, then random paths up to the number wanted. A child
 * that is not legal or not new is drawn again.
 *
 * SPOS's own code makes one generation more, which it scores but never ranks. Here every path that is scored can win, so
 * population · generations is both the cost and the number of contestants.
 *
 * What is not set follows from the population, which is best the study's. Throws a UserError for settings that cannot work.
 */
export function evolution(settings: Partial<EvolutionSettings> = {}): Sampler {
  const { parents, crossover, mutation, probability } = evolutionSettings(settings);
  return {
    ask(request, rng) {
      const { space, trials } = request;
      const generation = new Generation(request);
      if (trials.length > 0) {
        const elite = best(trials, parents);
        breed(generation, mutation, rng.fork('mutation'), (draws) => {
          const parent = draws.pick(elite);
          const path = mutate(space, parent.path, draws, probability);
          return { path, origin: { operator: 'mutation', parents: [parent.id] } };
        });
        breed(generation, crossover, rng.fork('crossover'), (draws) => {
          const [first, second] = [draws.pick(elite), draws.pick(elite)];
          const path = crossOver(first.path, second.path, draws);
          return { path, origin: { operator: 'crossover', parents: [first.id, second.id] } };
        });
      }
      generation.fillRandomly(rng.fork('random'));
      return generation.proposals;
    },
  };
}

/** Adds up to `wanted` children of one operator; the attempts are a budget that they share. */
function breed(generation: Generation, wanted: number, rng: Rng, propose: (rng: Rng) => Proposal): void {
  let made = 0;
  for (let attempt = 0; attempt < wanted * ATTEMPTS_PER_CHILD && made < wanted; attempt++) {
    if (generation.add(propose(rng))) made += 1;
  }
}
