import { MEASURES, type Cost, type MeasureKey } from './measure.js';

/** What a search can optimise: accuracy, the more the better, and every measure, the less the better. */
export type Objective = 'accuracy' | MeasureKey;

/** All objectives, by the names that the configuration uses. */
export const OBJECTIVES: readonly Objective[] = ['accuracy', ...MEASURES.map(({ key }) => key)];

/** The costs among the objectives, in their order. */
export function costsAmong(objectives: readonly Objective[]): MeasureKey[] {
  return objectives.filter((objective) => objective !== 'accuracy');
}

/**
 * A trial's values, larger is better: the accuracy first, then the negated costs in the order of the objectives. A cost
 * that is not known is NaN, which a study refuses.
 */
export function valuesOf(objectives: readonly Objective[], accuracy: number, cost: Cost): number[] {
  return [accuracy, ...costsAmong(objectives).map((key) => -(cost[key] ?? NaN))];
}
