import type { Trial } from './trial.js';

/** The objectives of a point; larger is better, all finite. */
export type Objectives = readonly number[];

/** Whether `one` is at least as good as `other` in every objective and better in one. Equal points dominate neither. */
export function dominates(one: Objectives, other: Objectives): boolean {
  let isBetter = false;
  for (let index = 0; index < one.length; index++) {
    if (one[index] < other[index]) return false;
    if (one[index] > other[index]) isBetter = true;
  }
  return isBetter;
}

/** The trials that no other trial dominates, in their order. Trials with equal objectives are all in it, or none is. */
export function paretoFront<T extends Pick<Trial, 'values'>>(trials: readonly T[]): T[] {
  return trials.filter(({ values }) => !trials.some((other) => dominates(other.values, values)));
}

/**
 * Sorts points by rank: the front, then the front of the rest, and so on (fast non-dominated sort; Deb et al., "A fast
 * and elitist multiobjective genetic algorithm: NSGA-II", 2002, section III-A). Each rank lists the indices of its
 * points, ascending.
 */
export function ranksOf(points: readonly Objectives[]): number[][] {
  const dominated = points.map((): number[] => []);
  const dominators = new Int32Array(points.length);
  for (let one = 0; one < points.length; one++) {
    for (let other = 0; other < points.length; other++) {
      if (!dominates(points[one], points[other])) continue;
      dominated[one].push(other);
      dominators[other] += 1;
    }
  }
  const ranks: number[][] = [];
  let rank = [...points.keys()].filter((index) => dominators[index] === 0);
  while (rank.length > 0) {
    ranks.push(rank);
    const next: number[] = [];
    for (const index of rank.flatMap((each) => dominated[each])) {
      dominators[index] -= 1;
      if (dominators[index] === 0) next.push(index);
    }
    rank = next.sort((one, other) => one - other);
  }
  return ranks;
}

/**
 * The crowding distance of every point among points of one rank: how far apart its neighbours are in each objective,
 * relative to the objective's range, on average over the objectives (Deb et al. 2002, section III-B, who take the sum).
 * It is infinite at either end of an objective, and for at most two points. An objective with one value for all counts
 * as 0. Of equal values, the earlier point is the better neighbour, so only one of several equal ends is infinite.
 */
export function crowdingDistances(points: readonly Objectives[]): number[] {
  if (points.length <= 2) return points.map(() => Infinity);
  const distances = points.map(() => 0);
  const objectives = points[0].length;
  for (let objective = 0; objective < objectives; objective++) {
    const value = (index: number): number => points[index][objective];
    const order = [...points.keys()].sort((one, other) => value(other) - value(one));
    const range = value(order[0]) - value(order[order.length - 1]);
    if (range === 0) continue;
    for (const [place, index] of order.entries()) {
      const toBetter = place === 0 ? Infinity : value(order[place - 1]) - value(index);
      const toWorse = place === order.length - 1 ? Infinity : value(index) - value(order[place + 1]);
      distances[index] += (toBetter / range + toWorse / range) / objectives;
    }
  }
  return distances;
}
