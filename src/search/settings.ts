import { UserError } from '../errors.js';

/** How much a study scores: population · generations paths, or all legal ones where they are fewer. */
export interface StudySize {
  /** Trials of a generation. */
  readonly population: number;
  readonly generations: number;
}

/**
 * How an evolution runs; SPOS's defaults (Guo et al., ECCV 2020) when nothing else is said: 20 generations, the first one
 * random, with a population of 50, which are the paper's 1,000 candidates.
 */
export interface EvolutionSettings extends StudySize {
  /** The best trials so far from which children are made: a fifth of the population, 10. */
  readonly parents: number;
  /** Children by crossover in a generation: half the population, 25. What the two operators leave over is random. */
  readonly crossover: number;
  /** Children by mutation in a generation: half the population, 25. */
  readonly mutation: number;
  /** Probability with which a mutation draws a gene again: 0.1. */
  readonly probability: number;
}

/** Fills in what is not given. Throws a UserError for settings that cannot work. */
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

/** The usual count of one operator's children: half the population, or less where the other operator leaves less. */
function childrenBeside(others: number | undefined, population: number): number {
  const half = Math.floor(population / 2);
  return Math.max(0, Math.min(half, population - (others ?? half)));
}
