import type { Cost, PerMeasure } from '../../measure/measure.js';
import { costsAmong, type Objective } from '../../measure/objectives.js';
import { best } from '../../search/best.js';
import { hypervolume } from '../../search/hypervolume.js';
import { paretoFront } from '../../search/pareto.js';
import { candidateName, type ScoredCandidate, type SearchMethod } from './searchLevel.js';

/** The Pareto front that a search for several objectives found. */
export interface SearchFront {
  /** Its networks, from the most accurate to the cheapest. */
  readonly networks: readonly {
    readonly name: string;
    readonly fitness: number;
    readonly measures: Readonly<Record<string, number>>;
  }[];
  /**
   * The hypervolume of each method's candidates, as a share: 1 is the box between the reference point and a network that
   * is always right and costs nothing.
   */
  readonly hypervolume: Readonly<Partial<Record<SearchMethod, number>>>;
  /** The costs of the reference point, whose accuracy is 0; only those that are objectives. */
  readonly reference: Readonly<Partial<PerMeasure<number>>>;
}

/** The candidates of one level's NSGA-II that no other dominates, from the most accurate to the cheapest. */
export function frontOf(candidates: readonly ScoredCandidate[]): ScoredCandidate[] {
  return best(paretoFront(candidates.filter(({ method }) => method === 'nsga2')), Infinity);
}

/**
 * The front of one level's candidates, and its hypervolume. The reference point has the costs `limits`, the largest that
 * the run's space and budget allow, so that hypervolumes of runs with the same settings can be compared.
 */
export function searchFront(
  objectives: readonly Objective[],
  candidates: readonly ScoredCandidate[],
  limits: Cost,
): SearchFront {
  const costs = costsAmong(objectives);
  const methods = new Set(candidates.map(({ method }) => method));
  const shareOf = (method: SearchMethod): number =>
    hypervolume(
      candidates
        .filter((each) => each.method === method)
        .map(({ values: [fitness], measures }) => [
          fitness,
          ...costs.map((key) => 1 - measures[key] / (limits[key] ?? NaN)),
        ]),
      objectives.map(() => 0),
    );
  return {
    networks: frontOf(candidates).map((each) => ({
      name: candidateName(each),
      fitness: each.values[0],
      measures: each.measures,
    })),
    hypervolume: Object.fromEntries([...methods].map((method) => [method, shareOf(method)])),
    reference: Object.fromEntries(costs.map((key) => [key, limits[key]])),
  };
}
