import type { Rng } from '../random/rng.js';
import { samplePath } from '../space/space.js';
import { costOfPath, formatCount, total, type Cost, type CostTable } from './cost.js';

/** A closed interval; what is left out does not bound. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** What a candidate may take: multiply-adds for one image, and parameters. */
export interface Budget {
  readonly macs?: Bounds;
  readonly parameters?: Bounds;
}

/** The least and the most of something. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Whether a candidate of this cost is within the budget. */
export function accepts(budget: Budget, cost: Cost): boolean {
  return isWithin(budget.macs, cost.macs) && isWithin(budget.parameters, cost.parameters);
}

function isWithin({ min = -Infinity, max = Infinity }: Bounds = {}, value: number): boolean {
  return min <= value && value <= max;
}

/** The least and the most that a path of the space takes, exactly. The two quantities need not be extreme together. */
export function feasibleRange(table: CostTable): { readonly macs: Range; readonly parameters: Range } {
  const extreme = (pick: (...values: number[]) => number): Cost =>
    total([
      table.trunk,
      ...table.choices.map((choices) => ({
        macs: pick(...choices.map(({ macs }) => macs)),
        parameters: pick(...choices.map(({ parameters }) => parameters)),
      })),
    ]);
  const least = extreme(Math.min);
  const most = extreme(Math.max);
  return {
    macs: { min: least.macs, max: most.macs },
    parameters: { min: least.parameters, max: most.parameters },
  };
}

/** The share of paths within the budget, estimated from independent draws; its standard error is at most 0.5/√draws. */
export function shareInside(table: CostTable, budget: Budget, rng: Rng, draws = 10_000): number {
  let inside = 0;
  for (let draw = 0; draw < draws; draw++) {
    if (accepts(budget, costOfPath(table, samplePath(table.space, rng)))) inside++;
  }
  return inside / draws;
}

/** The budget in words: `MACs up to 1.30 G`, `parameters from 5.00 M to 7.00 M`. */
export function formatBudget(budget: Budget): string {
  const parts = [
    ['MACs', budget.macs],
    ['parameters', budget.parameters],
  ] as const;
  const said = parts.flatMap(([quantity, bounds]) => {
    const { min, max } = bounds ?? {};
    if (min === undefined && max === undefined) return [];
    const from = min === undefined ? '' : ` from ${formatCount(min)}`;
    return [`${quantity}${from}${max === undefined ? '' : ` ${min === undefined ? 'up ' : ''}to ${formatCount(max)}`}`];
  });
  return said.length === 0 ? 'no limit' : said.join(', ');
}
