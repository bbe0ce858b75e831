import { UserError } from '../errors.js';
import { pathKey, type Path } from '../space/space.js';
import { costRange, extremeOf, formatBudget, isWithin, type Budget, type Range } from './budget.js';
import { total, type CostTable } from './cost.js';
import { measuresOf, perKnownMeasure, SUM, type Cost, type Measure, type MeasureKey } from './measure.js';

/**
 * Throws a UserError, before any training, when no path of the space is within the budget; it says what the space can
 * reach. Searches for such a path, so it also notices bounds that only conflict in combination.
 */
export function checkBudget(table: CostTable, budget: Budget): void {
  const range = costRange(table);
  const measures = measuresOf(range);
  const reaches = ({ key, title, format }: Measure<MeasureKey>): string => {
    const { min, max } = range[key] ?? { min: NaN, max: NaN };
    return `${format(min)} to ${format(max)} ${title}`;
  };
  for (const measure of measures) {
    const { key, title, format } = measure;
    const { min = -Infinity, max = Infinity } = budget[key] ?? {};
    const { min: least, max: most } = range[key] ?? { min: -Infinity, max: Infinity };
    const reach = `the space "${table.space.name}" reaches ${reaches(measure)}`;
    if (Number.isNaN(min) || Number.isNaN(max) || min > max) {
      throw new UserError(`a budget of ${min} to ${max} ${title} is empty; ${reach}`);
    }
    if (max < least)
      throw new UserError(`no candidate takes at most ${format(max)} ${title}: ${reach}; raise the limit`);
    if (min > most)
      throw new UserError(`no candidate takes at least ${format(min)} ${title}: ${reach}; lower the limit`);
  }
  if (findPathWithin(table, budget) !== undefined) return;
  throw new UserError(
    `no candidate was found within the budget as a whole (${formatBudget(budget)}): each bound alone can be met, for ` +
      `the space "${table.space.name}" reaches ${measures.map(reaches).join(' and ')}; widen a bound`,
  );
}

/** Partial paths to try before the search gives up. */
const MOST_STEPS = 200_000;

/**
 * The first path within the budget whose key is not in `except`. A path that is returned is certain. `undefined` is too,
 * unless such paths are so rare that {@link MOST_STEPS} steps of a directed search miss them; random draws would then miss
 * them as well.
 *
 * Depth-first search, position by position, among the choices that fit the budget whatever the others are. A partial
 * path is pruned as soon as no choice of the remaining positions leads into the budget, judged by each measure alone
 * and by the weighted sum and difference of every two that add up. (Measures are related, so bounds that can be met one
 * by one may conflict.)
 */
export function findPathWithin(
  { trunk, choices }: CostTable,
  budget: Budget,
  except: ReadonlySet<string> = new Set(),
): Path | undefined {
  const measures = measuresOf(trunk);
  const genes = choices.map((costs, position) => {
    const others = [trunk, ...choices.filter((_, at) => at !== position).map((each) => extremeOf(each, Math.min))];
    return [...costs.keys()].filter((gene) => exceedsNothing(budget, total([...others, costs[gene]])));
  });
  if (genes.some((fitting) => fitting.length === 0)) return undefined;
  const fitting = genes.map((each, position) => each.map((gene) => choices[position][gene]));

  const rest = remaining(fitting);
  const mayEndWithin = (cost: Cost, { least, most }: Reach): boolean => {
    const [lowest, highest] = [total([cost, least]), total([cost, most])];
    return measures.every(({ key }) => {
      const { min = -Infinity, max = Infinity } = budget[key] ?? {};
      const [low = 0, high = 0] = [lowest[key], highest[key]];
      return high >= min - slackOf(high) && low <= max + slackOf(low);
    });
  };

  const scale = perKnownMeasure(({ key }) => spread(fitting, key));
  const directions = pairsOf(measures.filter(({ combine }) => combine === SUM)).map((weights) =>
    weights.map(({ key, weight }) => ({ key, weight: weight / (scale[key] ?? 1) })),
  );
  const limits = directions.map((direction) => limitsAlong(budget, direction));
  const restAlong = directions.map((direction) => remainingAlong(fitting, direction));
  const mayBalance = (cost: Cost, position: number): boolean =>
    directions.every((direction, at) => {
      const value = along(cost, direction);
      const { min, max } = limits[at];
      const { min: least, max: most } = restAlong[at][position];
      return value + most >= min - slackOf(value) && value + least <= max + slackOf(value);
    });

  let steps = 0;
  const path: number[] = [];
  const search = (cost: Cost): boolean => {
    const position = path.length;
    if (position === fitting.length) return isWithin(budget, cost) && !except.has(pathKey(path));
    if (steps++ > MOST_STEPS || !mayEndWithin(cost, rest[position]) || !mayBalance(cost, position)) return false;
    for (const gene of genes[position]) {
      path.push(gene);
      if (search(total([cost, choices[position][gene]]))) return true;
      path.pop();
    }
    return false;
  };
  return search(trunk) ? path : undefined;
}

/** Room for rounding: bounds are sums in another order than a path's cost. */
function slackOf(value: number): number {
  return 1e-9 * (1 + Math.abs(value));
}

function exceedsNothing(budget: Budget, cost: Cost): boolean {
  return measuresOf(cost).every(({ key }) => {
    const value = cost[key] ?? 0;
    return value <= (budget[key]?.max ?? Infinity) + slackOf(value);
  });
}

/** What some positions add at least and at most, by each measure alone. */
interface Reach {
  readonly least: Cost;
  readonly most: Cost;
}

/** `result[i]`: the reach of positions i, i + 1, …, for every i up to the last position. */
function remaining(choices: readonly (readonly Cost[])[]): readonly Reach[] {
  const result: Reach[] = [];
  for (const costs of [...choices].reverse()) {
    const [least, most] = [extremeOf(costs, Math.min), extremeOf(costs, Math.max)];
    const after = result.at(0);
    result.unshift(
      after === undefined ? { least, most } : { least: total([least, after.least]), most: total([most, after.most]) },
    );
  }
  return result;
}

/** A weighted sum of two measures. */
type Direction = readonly { readonly key: MeasureKey; readonly weight: number }[];

/** The sum and the difference of every two measures. */
function pairsOf(measures: readonly Measure<MeasureKey>[]): Direction[] {
  return measures.flatMap((first, at) =>
    measures.slice(at + 1).flatMap((second) =>
      [1, -1].map((sign) => [
        { key: first.key, weight: 1 },
        { key: second.key, weight: sign },
      ]),
    ),
  );
}

function along(cost: Cost, direction: Direction): number {
  return direction.reduce((sum, { key, weight }) => sum + weight * (cost[key] ?? 0), 0);
}

/** How much a measure varies over a space, at least a little. */
function spread(choices: readonly (readonly Cost[])[], key: MeasureKey): number {
  return (
    choices.reduce((sum, costs) => {
      const values = costs.map((cost) => cost[key] ?? 0);
      return sum + Math.max(...values) - Math.min(...values);
    }, 0) || 1
  );
}

/** The interval of a weighted sum of measures over the budget. */
function limitsAlong(budget: Budget, direction: Direction): Range {
  return direction
    .map(({ key, weight }) => {
      const { min = -Infinity, max = Infinity } = budget[key] ?? {};
      return weight > 0 ? { min: weight * min, max: weight * max } : { min: weight * max, max: weight * min };
    })
    .reduce((sum, part) => ({ min: sum.min + part.min, max: sum.max + part.max }));
}

/** `result[i]`: the range that positions i, i + 1, … can add along the direction. */
function remainingAlong(choices: readonly (readonly Cost[])[], direction: Direction): readonly Range[] {
  const result: Range[] = [{ min: 0, max: 0 }];
  for (const costs of [...choices].reverse()) {
    const values = costs.map((cost) => along(cost, direction));
    const [{ min, max }] = result;
    result.unshift({ min: min + Math.min(...values), max: max + Math.max(...values) });
  }
  return result;
}
