import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import { crossOver } from '../crossover.js';
import { Generation } from '../generation.js';
import { mutate } from '../mutation.js';
import type { Sampler } from '../sampler.js';
import { isBetter, populationAfter, type Survivor } from '../survival.js';
import type { Trial } from '../trial.js';

/** Attempts per wanted child before random paths fill the remaining slots; pymoo's number. */
const ATTEMPTS_PER_CHILD = 100;

/** The settings of NSGA-II. Its population is as large as a generation. */
export interface Nsga2Settings {
  /** Probability that mutation redraws a gene. */
  readonly probability: number;
}

/**
 * NSGA-II over paths by several objectives (Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II",
 * 2002). The first generation is random. Each later one has children of the population: the parents win binary
 * tournaments by rank and crowding distance, and every child is crossed over uniformly, then mutated. Children that are
 * not legal or not new are redrawn; random paths fill up.
 *
 * Throws a UserError for an invalid probability.
 */
export function nsga2({ probability }: Nsga2Settings): Sampler {
  if (!(probability >= 0 && probability <= 1)) {
    throw new UserError(`search setting probability is ${probability}; use a number from 0 to 1`);
  }
  return {
    ask(request, rng) {
      const { space, trials, wanted } = request;
      const generation = new Generation(request);
      if (trials.length > 0) {
        const winners = tournaments(populationAfter(trials, wanted), rng.fork('tournament'));
        const draws = rng.fork('children');
        for (let attempt = 0; attempt < wanted * ATTEMPTS_PER_CHILD; attempt++) {
          if (generation.proposals.length === wanted) break;
          const [first, second] = [winners(), winners()];
          const path = mutate(space, crossOver(first.path, second.path, draws), draws, probability);
          generation.add({ path, origin: { operator: 'crossover+mutation', parents: [first.id, second.id] } });
        }
      }
      generation.fillRandomly(rng.fork('random'));
      return generation.proposals;
    },
  };
}

/**
 * Draws the winners of binary tournaments one by one. Everyone competes once before anyone competes again; in an odd
 * population, the last of a round wins unopposed.
 */
function tournaments(population: readonly Survivor[], rng: Rng): () => Trial {
  let round: Survivor[] = [];
  return () => {
    if (round.length === 0) round = rng.shuffle([...population]);
    const [one, other = one] = round.splice(-2);
    return (isBetter(other, one) ? other : one).trial;
  };
}
