import type { Rng } from '../../random/rng.js';
import { best } from '../best.js';
import { crossOver } from '../crossover.js';
import { Generation } from '../generation.js';
import { mutate } from '../mutation.js';
import type { Sampler } from '../sampler.js';
import { evolutionSettings, type EvolutionSettings } from '../settings.js';
import type { Proposal } from '../trial.js';

/** Attempts per wanted child before random paths fill the remaining slots. */
const ATTEMPTS_PER_CHILD = 10;

/**
 * Evolution over paths by their fitness (SPOS, section 3.4). The first generation is random. Each later one has
 * children by mutation and crossover of the best trials so far, then random paths to fill up. Children that are not
 * legal or not new are redrawn.
 *
 * SPOS's own code makes one more generation, which it scores but never ranks. Here every scored path can win, so
 * population · generations is both the cost and the number of contestants.
 *
 * Defaults follow from the population, which should be the study's. Throws a UserError for invalid settings.
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

/** Adds up to `wanted` children of one operator, which share the attempts. */
function breed(generation: Generation, wanted: number, rng: Rng, propose: (rng: Rng) => Proposal): void {
  let made = 0;
  for (let attempt = 0; attempt < wanted * ATTEMPTS_PER_CHILD && made < wanted; attempt++) {
    if (generation.add(propose(rng))) made += 1;
  }
}
