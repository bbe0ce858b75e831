import type { Rng } from '../random/rng.js';
import { samplePath } from '../space/space.js';
import { costOfPath, total, type CostTable } from './cost.js';
import { MEASURES, perMeasure, type Cost, type MeasureKey, type PerMeasure } from './measure.js';

/** A closed interval; what is left out does not bound. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** What a candidate may take. */
export type Budget = Readonly<Partial<Record<MeasureKey, Bounds>>>;

/** The least and the most of something. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Whether a candidate of this cost is within the budget. */
export function isWithin(budget: Budget, cost: Cost): boolean {
  return MEASURES.every(({ key }) => {
    const { min = -Infinity, max = Infinity } = budget[key] ?? {};
    return min <= cost[key] && cost[key] <= max;
  });
}

/** The least and the most that a path of the space takes, exactly. The quantities need not be extreme together. */
export function costRange(table: CostTable): PerMeasure<Range> {
  const extreme = (pick: (...values: number[]) => number): Cost =>
    total([
      table.trunk,
      ...table.choices.map((choices) => perMeasure(({ key }) => pick(...choices.map((cost) => cost[key])))),
    ]);
  const least = extreme(Math.min);
  const most = extreme(Math.max);
  return perMeasure(({ key }) => ({ min: least[key], max: most[key] }));
}

/** The share of paths within the budget, estimated from independent draws; its standard error is at most 0.5/√draws. */
export function shareWithin(table: CostTable, budget: Budget, rng: Rng, draws = 10_000): number {
  let within = 0;
  for (let draw = 0; draw < draws; draw++) {
    if (isWithin(budget, costOfPath(table, samplePath(table.space, rng)))) within++;
  }
  return within / draws;
}

/** The budget in words: `MACs up to 1.30 G`, `parameters from 5.00 M to 7.00 M`. */
export function formatBudget(budget: Budget): string {
  const said = MEASURES.flatMap(({ key, title, format }) => {
    const { min, max } = budget[key] ?? {};
    if (min === undefined && max === undefined) return [];
    const from = min === undefined ? '' : ` from ${format(min)}`;
    return [`${title}${from}${max === undefined ? '' : ` ${min === undefined ? 'up ' : ''}to ${format(max)}`}`];
  });
  return said.length === 0 ? 'no limit' : said.join(', ');
}
