import type { Rng } from '../random/rng.js';
import { samplePath } from '../space/space.js';
import { costOfPath, total, type CostTable } from './cost.js';
import { MEASURES, perMeasure, type Cost, type MeasureKey, type PerMeasure } from './measure.js';

/** A closed interval; an absent bound does not limit. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** The allowed cost of a candidate. */
export type Budget = Readonly<Partial<Record<MeasureKey, Bounds>>>;

/** A minimum and a maximum. */
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

/** The exact minimum and maximum cost of the space's paths, for each measure by itself. */
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
