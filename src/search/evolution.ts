import type { Rng } from '../random/rng.js';
import type { Path } from '../space/space.js';
import { best } from './best.js';
import { crossOver } from './crossover.js';
import { History } from './history.js';
import { mutate } from './mutation.js';
import { fillRandomly } from './randomSearch.js';
import { evolutionSettings } from './settings.js';
import type { EvolutionSettings } from './settings.js';
import type { Evaluated, Origin, Problem, SearchOptions } from './types.js';

/** Attempts for each wanted child before the slots that are left go to random candidates. */
const ATTEMPTS_PER_CHILD = 10;

interface Child {
  readonly path: Path;
  readonly origin: Origin;
}

/**
 * Evolutionary search over paths (SPOS, section 3.4). The first generation is random. Each later one has children by
 * mutation and by crossover of the best candidates of all generations so far, then random ones up to the population. Every
 * candidate is allowed by `problem.accept` and is scored once; a child that is not allowed or not new is drawn again.
 *
 * SPOS's own code makes one generation more, which it scores but never ranks. Here every candidate that is scored
 * can win, so population · generations is both the cost and the number of contestants.
 *
 * Returns everything scored, in order; fewer when the space has no more legal candidates. Throws a UserError when it has
 * none, and Interrupted when `options.signal` is aborted. Evaluations run one after another. The same seed gives the same
 * result.
 */
export async function evolve(
  problem: Problem,
  settings: Partial<EvolutionSettings>,
  rng: Rng,
  options: SearchOptions = {},
): Promise<readonly Evaluated[]> {
  const { population, generations, parents, crossover, mutation, probability } = evolutionSettings(settings);
  const history = new History(problem, options);
  for (let generation = 0; generation < generations; generation++) {
    const stream = rng.fork(generation);
    const target = history.evaluated.length + population;
    if (generation > 0) {
      const elite = best(history.evaluated, parents);
      await breed(history, generation, mutation, stream.fork('mutation'), (draws) => {
        const parent = draws.pick(elite);
        const path = mutate(problem.space, parent.path, draws, probability);
        return { path, origin: { operator: 'mutation', parents: [parent.id] } };
      });
      await breed(history, generation, crossover, stream.fork('crossover'), (draws) => {
        const [first, second] = [draws.pick(elite), draws.pick(elite)];
        const path = crossOver(first.path, second.path, draws);
        return { path, origin: { operator: 'crossover', parents: [first.id, second.id] } };
      });
    }
    await fillRandomly(problem, history, generation, target, stream.fork('random'));
    if (history.evaluated.length < target) break;
  }
  return history.evaluated;
}

/** Scores up to `wanted` children of one operator; the attempts are a budget that they share. */
async function breed(
  history: History,
  generation: number,
  wanted: number,
  rng: Rng,
  propose: (rng: Rng) => Child,
): Promise<void> {
  let made = 0;
  for (let attempt = 0; attempt < wanted * ATTEMPTS_PER_CHILD && made < wanted; attempt++) {
    const { path, origin } = propose(rng);
    if (!history.isFresh(path)) continue;
    await history.evaluate(path, generation, origin);
    made += 1;
  }
}
