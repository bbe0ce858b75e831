import type { Rng } from '../random/rng.js';
import { samplePath } from '../space/space.js';
import { UserError } from '../errors.js';
import { costOfPath, total, type CostTable } from './cost.js';
import { MEASURES, perKnownMeasure, type Cost, type MeasureKey, type PerKnownMeasure } from './measure.js';

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

/** Whether a candidate of this cost is within the budget. Throws a UserError when a bounded cost is not known. */
export function isWithin(budget: Budget, cost: Cost): boolean {
  return MEASURES.every(({ key, title }) => {
    const { [key]: bounds } = budget;
    if (bounds === undefined) return true;
    const { min = -Infinity, max = Infinity } = bounds;
    const { [key]: value } = cost;
    if (value === undefined) throw new UserError(`the budget bounds ${title}, which is not known; give a table of it`);
    return min <= value && value <= max;
  });
}

/** The exact minimum and maximum cost of the space's paths, for each known measure by itself. */
export function costRange({ trunk, choices }: CostTable): PerKnownMeasure<Range> {
  const extreme = (pick: (...values: number[]) => number): Cost =>
    total([trunk, ...choices.map((costs) => extremeOf(costs, pick))]);
  const least = extreme(Math.min);
  const most = extreme(Math.max);
  return perKnownMeasure(({ key }) => {
    const [{ [key]: min }, { [key]: max }] = [least, most];
    return min === undefined || max === undefined ? undefined : { min, max };
  });
}

/** The smallest or largest of some costs, for each known measure by itself. */
export function extremeOf(costs: readonly Cost[], pick: (...values: number[]) => number): Cost {
  return perKnownMeasure(({ key }) => {
    const values = costs.flatMap((cost) => cost[key] ?? []);
    return values.length === costs.length ? pick(...values) : undefined;
  });
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
