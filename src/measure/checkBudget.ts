import { UserError } from '../errors.js';
import { costRange, formatBudget, isWithin, type Bounds, type Budget, type Range } from './budget.js';
import { total, type CostTable } from './cost.js';
import { MEASURES, perMeasure, type Cost, type PerMeasure } from './measure.js';

/**
 * Throws a UserError, before any training, when no path of the space is within the budget; it says what the space can
 * reach. Searches for such a path, so it also notices bounds that only conflict in combination.
 */
export function checkBudget(table: CostTable, budget: Budget): void {
  const range = costRange(table);
  const reaches = ({ key, title, format }: (typeof MEASURES)[number]): string =>
    `${format(range[key].min)} to ${format(range[key].max)} ${title}`;
  for (const measure of MEASURES) {
    const { key, title, format } = measure;
    const { min = -Infinity, max = Infinity } = budget[key] ?? {};
    const { min: least, max: most } = range[key];
    const reach = `the space "${table.space.name}" reaches ${reaches(measure)}`;
    if (Number.isNaN(min) || Number.isNaN(max) || min > max) {
      throw new UserError(`a budget of ${min} to ${max} ${title} is empty; ${reach}`);
    }
    if (max < least)
      throw new UserError(`no candidate takes at most ${format(max)} ${title}: ${reach}; raise the limit`);
    if (min > most)
      throw new UserError(`no candidate takes at least ${format(min)} ${title}: ${reach}; lower the limit`);
  }
  if (hasPathWithin(table, budget)) return;
  throw new UserError(
    `no candidate was found within the budget as a whole (${formatBudget(budget)}): each bound alone can be met, for ` +
      `the space "${table.space.name}" reaches ${MEASURES.map(reaches).join(' and ')}; widen a bound`,
  );
}

/** Partial paths to try before the search gives up. */
const MOST_STEPS = 200_000;

/**
 * Whether a path within the budget was found. `true` is certain. `false` is too, unless such paths are so rare that
 * {@link MOST_STEPS} steps of a directed search miss them; random draws would then miss them as well.
 *
 * Depth-first search, position by position. A partial path is pruned as soon as no choice of the remaining positions
 * leads into the budget, judged by each measure alone and by the weighted sum and difference of every two. (Measures
 * are related, so bounds that can be met one by one may conflict.)
 */
export function hasPathWithin({ trunk, choices }: CostTable, budget: Budget): boolean {
  const scale = total(choices.map((costs) => perMeasure(({ key }) => spread(costs.map((cost) => cost[key])))));
  const directions = DIRECTIONS.map((weights) => perMeasure(({ key }) => weights[key] / (scale[key] || 1)));
  const along = (cost: Cost): number[] =>
    directions.map((direction) => MEASURES.reduce((sum, { key }) => sum + direction[key] * cost[key], 0));

  const limits = directions.map((direction) => limitsAlong(budget, direction));
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
    if (position === choices.length) return isWithin(budget, cost);
    return choices[position].some((choice) => search(total([cost, choice]), position + 1));
  };
  return search(trunk, 0);
}

/** Each measure alone, then the sum and the difference of every two. */
const DIRECTIONS: readonly Cost[] = [
  ...MEASURES.map(({ key: only }) => perMeasure(({ key }) => (key === only ? 1 : 0))),
  ...MEASURES.flatMap(({ key: first }, at) =>
    MEASURES.slice(at + 1).flatMap(({ key: second }) =>
      [1, -1].map((sign) => perMeasure(({ key }) => (key === first ? 1 : key === second ? sign : 0))),
    ),
  ),
];

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/** The interval of a weighted sum of the measures over the budget. */
function limitsAlong(budget: Budget, weights: PerMeasure<number>): Range {
  const scaled = (factor: number, { min = -Infinity, max = Infinity }: Bounds = {}): Range => {
    if (factor === 0) return { min: 0, max: 0 };
    return factor > 0 ? { min: factor * min, max: factor * max } : { min: factor * max, max: factor * min };
  };
  return MEASURES.map(({ key }) => scaled(weights[key], budget[key])).reduce((sum, part) => ({
    min: sum.min + part.min,
    max: sum.max + part.max,
  }));
}

/** `result[i][d]`: the range that positions i, i + 1, … can add along direction d. */
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
