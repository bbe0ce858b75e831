import type { Rng } from '../random/rng.js';
import { History } from './history.js';
import { drawLegal, findLegal } from './legal.js';
import { evolutionSettings } from './settings.js';
import type { EvolutionSettings } from './settings.js';
import type { Evaluated, Problem, SearchOptions } from './types.js';

/**
 * The baseline of the evolution: as many candidates as it would score with the same settings, all random, all legal, none
 * twice. Generations only number them, so that the two can be drawn in one plot. Everything else as in `evolve`.
 */
export async function randomSearch(
  problem: Problem,
  settings: Partial<Pick<EvolutionSettings, 'population' | 'generations'>>,
  rng: Rng,
  options: SearchOptions = {},
): Promise<readonly Evaluated[]> {
  const { population, generations } = evolutionSettings(settings);
  const history = new History(problem, options);
  for (let generation = 0; generation < generations; generation++) {
    const target = history.evaluated.length + population;
    await fillRandomly(problem, history, generation, target, rng.fork(generation).fork('random'));
    if (history.evaluated.length < target) break;
  }
  return history.evaluated;
}

/**
 * Scores random legal candidates until `target` are scored in all, or until no new one is found. Throws a UserError when
 * there is not even a first.
 */
export async function fillRandomly(
  problem: Problem,
  history: History,
  generation: number,
  target: number,
  rng: Rng,
): Promise<void> {
  while (history.evaluated.length < target) {
    const { seen } = history;
    const path = seen.size === 0 ? drawLegal(problem, rng) : findLegal(problem, rng, { seen }).path;
    if (path === undefined) return;
    await history.evaluate(path, generation, { operator: 'random', parents: [] });
  }
}
