import { UserError } from '../errors.js';
import { accepts, feasibleRange, formatBudget, type Bounds, type Budget, type Range } from './budget.js';
import { formatCount, total, type Cost, type CostTable } from './cost.js';

/**
 * Throws a UserError, before anything is trained, when no path of the space is within the budget; it says what the space
 * can reach. A path is looked for, so that also bounds that only exclude each other together are noticed.
 */
export function checkReachable(table: CostTable, budget: Budget): void {
  const range = feasibleRange(table);
  for (const [quantity, unit] of [
    ['macs', 'MACs'],
    ['parameters', 'parameters'],
  ] as const) {
    const { min = -Infinity, max = Infinity } = budget[quantity] ?? {};
    const { min: least, max: most } = range[quantity];
    const reach = `the space "${table.space.name}" reaches ${formatCount(least)} to ${formatCount(most)} ${unit}`;
    if (Number.isNaN(min) || Number.isNaN(max) || min > max) {
      throw new UserError(`a budget of ${min} to ${max} ${unit} holds nothing; ${reach}`);
    }
    if (max < least)
      throw new UserError(`no candidate takes at most ${formatCount(max)} ${unit}: ${reach}; raise the limit`);
    if (min > most) {
      throw new UserError(`no candidate takes at least ${formatCount(min)} ${unit}: ${reach}; lower the limit`);
    }
  }
  if (hasPathWithin(table, budget)) return;
  const { macs, parameters } = range;
  throw new UserError(
    `no candidate was found within the budget as a whole (${formatBudget(budget)}): each bound alone can be met, for ` +
      `the space "${table.space.name}" reaches ${formatCount(macs.min)} to ${formatCount(macs.max)} MACs and ` +
      `${formatCount(parameters.min)} to ${formatCount(parameters.max)} parameters; widen a bound`,
  );
}

/** Partial paths looked at before the search for one within the budget gives up. */
const MOST_STEPS = 200_000;

/**
 * Whether a path within the budget was found. A `true` is certain. A `false` is certain too, unless the paths within the
 * budget are so rare that {@link MOST_STEPS} steps of a directed search miss them; random draws would not meet them then.
 *
 * Choices are made position by position, and given up as soon as what the remaining positions can add does not lead
 * into the budget: neither in MACs, nor in parameters, nor in their weighted sum and difference (the two are related, so
 * bounds that can be met one by one may exclude each other).
 */
export function hasPathWithin({ trunk, choices }: CostTable, budget: Budget): boolean {
  const scale = total(
    choices.map((costs) => ({ macs: spread(costs, 'macs'), parameters: spread(costs, 'parameters') })),
  );
  const directions = [
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
  ].map(([macs, parameters]) => ({ macs: macs / (scale.macs || 1), parameters: parameters / (scale.parameters || 1) }));
  const along = (cost: Cost): number[] =>
    directions.map(({ macs, parameters }) => macs * cost.macs + parameters * cost.parameters);

  const limits = directions.map(({ macs, parameters }) => limitsAlong(budget, macs, parameters));
  const rest = remaining(choices.map((costs) => costs.map(along)));
  const leads = (cost: Cost, position: number): boolean =>
    along(cost).every((value, direction) => {
      const { min, max } = limits[direction];
      const { min: least, max: most } = rest[position][direction];
      const slack = 1e-9 * (1 + Math.abs(value));
      return value + most >= min - slack && value + least <= max + slack;
    });

  let steps = 0;
  const search = (cost: Cost, position: number): boolean => {
    if (steps++ > MOST_STEPS || !leads(cost, position)) return false;
    if (position === choices.length) return accepts(budget, cost);
    return choices[position].some((choice) => search(total([cost, choice]), position + 1));
  };
  return search(trunk, 0);
}

function spread(costs: readonly Cost[], quantity: keyof Cost): number {
  const values = costs.map((cost) => cost[quantity]);
  return Math.max(...values) - Math.min(...values);
}

/** The interval of macs·x + parameters·y over the budget. */
function limitsAlong(budget: Budget, macs: number, parameters: number): Range {
  const scaled = (factor: number, { min = -Infinity, max = Infinity }: Bounds = {}): Range => {
    if (factor === 0) return { min: 0, max: 0 };
    return factor > 0 ? { min: factor * min, max: factor * max } : { min: factor * max, max: factor * min };
  };
  const [first, second] = [scaled(macs, budget.macs), scaled(parameters, budget.parameters)];
  return { min: first.min + second.min, max: first.max + second.max };
}

/** `result[i][d]`: what positions i, i + 1, … together can add along direction d. */
function remaining(choices: readonly (readonly (readonly number[])[])[]): readonly (readonly Range[])[] {
  const directions = choices[0][0].length;
  const result: Range[][] = [Array.from({ length: directions }, () => ({ min: 0, max: 0 }))];
  for (const values of [...choices].reverse()) {
    result.unshift(
      result[0].map(({ min, max }, direction) => {
        const along = values.map((value) => value[direction]);
        return { min: min + Math.min(...along), max: max + Math.max(...along) };
      }),
    );
  }
  return result;
}
