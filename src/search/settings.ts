import { UserError } from '../errors.js';

/** How much a study scores: population · generations paths, or all legal ones if there are fewer. */
export interface StudySize {
  /** Trials per generation. */
  readonly population: number;
  readonly generations: number;
}

/**
 * The settings of an evolution. Defaults are SPOS's (Guo et al., ECCV 2020): 20 generations, the first one random, with
 * a population of 50: the paper's 1,000 candidates.
 */
export interface EvolutionSettings extends StudySize {
  /** The number of best trials so far that become parents. Default: a fifth of the population, 10. */
  readonly parents: number;
  /**
   * Children by crossover per generation. Default: half the population, 25. The rest after both operators is random.
   */
  readonly crossover: number;
  /** Children by mutation per generation. Default: half the population, 25. */
  readonly mutation: number;
  /** Probability that mutation redraws a gene. Default: 0.1. */
  readonly probability: number;
}

/** Fills in the defaults. Throws a UserError for invalid settings. */
export function evolutionSettings(given: Partial<EvolutionSettings> = {}): EvolutionSettings {
  const { population = 50, generations = 20, probability = 0.1 } = given;
  const settings: EvolutionSettings = {
    population,
    generations,
    parents: given.parents ?? Math.max(2, Math.round(population / 5)),
    crossover: given.crossover ?? childrenBeside(given.mutation, population),
    mutation: given.mutation ?? childrenBeside(given.crossover, population),
    probability,
  };
  checkStudySize(settings);
  checkCount('parents', settings.parents, 1);
  checkCount('crossover', settings.crossover, 0);
  checkCount('mutation', settings.mutation, 0);
  if (settings.crossover + settings.mutation > population) {
    throw new UserError(
      `search settings crossover ${settings.crossover} + mutation ${settings.mutation} exceed the population of ${population}; lower one of them`,
    );
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw new UserError(`search setting probability is ${probability}; use a number from 0 to 1`);
  }
  return settings;
}

/** Throws a UserError unless both are whole numbers of at least 1. */
export function checkStudySize({ population, generations }: StudySize): void {
  checkCount('population', population, 1);
  checkCount('generations', generations, 1);
}

function checkCount(name: keyof EvolutionSettings, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UserError(`search setting ${name} is ${value}; use a whole number of at least ${least}`);
  }
}

/** The default number of one operator's children: half the population, or less if the other operator leaves less. */
function childrenBeside(others: number | undefined, population: number): number {
  const half = Math.floor(population / 2);
  return Math.max(0, Math.min(half, population - (others ?? half)));
}
