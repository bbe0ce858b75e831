import { crowdingDistances, ranksOf } from './pareto.js';
import type { Trial } from './trial.js';

/** A trial of NSGA-II's population, as survival left it. */
export interface Survivor {
  readonly trial: Trial;
  /** 0 is the front. */
  readonly rank: number;
  /** Its distance to its neighbours of the same rank, before survival thinned them. */
  readonly crowding: number;
}

/**
 * The population of generational NSGA-II after these trials: each generation joins the survivors of those before, and
 * the best `size` of both survive. It follows from the trials alone, so a sampler need not remember it.
 */
export function populationAfter(trials: readonly Trial[], size: number): Survivor[] {
  let population: Survivor[] = [];
  for (let generation = 0; generation <= (trials.at(-1)?.generation ?? -1); generation++) {
    const children = trials.filter((trial) => trial.generation === generation);
    population = survive([...population.map(({ trial }) => trial), ...children], size);
  }
  return population;
}

/**
 * The best `size` trials by rank, then by crowding distance; ties go to the earlier trial (Deb et al. 2002, section
 * III-C).
 */
function survive(trials: readonly Trial[], size: number): Survivor[] {
  const survivors: Survivor[] = [];
  for (const [rank, indices] of ranksOf(trials.map(({ values }) => values)).entries()) {
    const peers = indices.map((index) => trials[index]);
    const distances = crowdingDistances(peers.map(({ values }) => values));
    const ranked = peers.map((trial, index) => ({ trial, rank, crowding: distances[index] }));
    const room = size - survivors.length;
    if (ranked.length > room) return [...survivors, ...ranked.sort(byCrowding).slice(0, room)];
    survivors.push(...ranked);
  }
  return survivors;
}

/** Whether the first wins a tournament: by rank, then by crowding distance. A tie is no win. */
export function isBetter(one: Survivor, other: Survivor): boolean {
  return one.rank === other.rank ? one.crowding > other.crowding : one.rank < other.rank;
}

function byCrowding(one: Survivor, other: Survivor): number {
  return Number(isBetter(other, one)) - Number(isBetter(one, other));
}
