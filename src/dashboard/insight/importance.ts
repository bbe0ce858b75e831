import type { NumberFields } from '../../telemetry/events.js';

/** A candidate's blocks and what it is judged by. */
export interface Judged {
  readonly blocks: readonly NumberFields[];
  readonly fitness: number;
}

/** The candidates that share one choice. */
export interface Marginal {
  /** The field's value; undefined for blocks without the field. */
  readonly value: number | undefined;
  readonly count: number;
  /** Their mean fitness, and its standard error; undefined for one candidate. */
  readonly mean: number;
  readonly error: number | undefined;
}

/** How much one field of one block says about fitness. */
export interface Importance {
  /** The block's position, from 0. */
  readonly block: number;
  readonly field: string;
  /** The share of the variance of fitness between its values, 0 to 1, corrected for chance (ω²). */
  readonly share: number;
  readonly marginals: readonly Marginal[];
}

/**
 * The main effect of every choice on fitness, the most important first: candidates are grouped by the value of one field
 * of one block, as in a one-way analysis of variance. Of fields that divide the candidates alike, such as global and local
 * heads, only the first counts. The candidates of an evolution are not independent draws, so the
 * shares of several choices need not add up to one.
 */
export function importanceOf(candidates: readonly Judged[]): readonly Importance[] {
  const depth = Math.max(0, ...candidates.map(({ blocks }) => blocks.length));
  const fields = new Set(candidates.flatMap(({ blocks }) => blocks.flatMap((block) => Object.keys(block))));
  const found: Importance[] = [];
  for (let block = 0; block < depth; block++) {
    const divisions = new Set<string>();
    for (const field of fields) {
      const groups = groupedBy(candidates, block, field);
      const division = groups.map(({ members }) => members.join(' ')).join('|');
      if (groups.length < 2 || divisions.has(division)) continue;
      divisions.add(division);
      const share = explainedShare(groups.map(({ fitness }) => fitness));
      found.push({ block, field, share, marginals: marginalsOf(groups) });
    }
  }
  return found.sort((one, other) => other.share - one.share);
}

/** The fitness of all candidates with one value. */
interface Group {
  readonly value: number | undefined;
  readonly fitness: number[];
  /** Their places among the candidates. */
  readonly members: number[];
}

function groupedBy(candidates: readonly Judged[], block: number, field: string): readonly Group[] {
  const groups = new Map<number | undefined, Group>();
  for (const [at, { blocks, fitness }] of candidates.entries()) {
    const value = blocks[block]?.[field];
    const group = groups.get(value) ?? { value, fitness: [], members: [] };
    group.fitness.push(fitness);
    group.members.push(at);
    groups.set(value, group);
  }
  return [...groups.values()];
}

function marginalsOf(groups: readonly Group[]): readonly Marginal[] {
  return groups
    .map(({ value, fitness }): Marginal => {
      const count = fitness.length;
      const mean = meanOf(fitness);
      const error = count < 2 ? undefined : Math.sqrt(squaresAround(fitness, mean) / (count - 1) / count);
      return { value, count, mean, error };
    })
    .sort((one, other) => (one.value ?? -Infinity) - (other.value ?? -Infinity));
}

/** ω² of a one-way analysis of variance, at least 0. */
function explainedShare(groups: readonly (readonly number[])[]): number {
  const all = groups.flat();
  const mean = meanOf(all);
  const total = squaresAround(all, mean);
  const within = groups.reduce((sum, group) => sum + squaresAround(group, meanOf(group)), 0);
  const freedom = all.length - groups.length;
  if (total === 0 || freedom <= 0) return 0;
  const noise = within / freedom;
  return Math.max(0, (total - within - (groups.length - 1) * noise) / (total + noise));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squaresAround(values: readonly number[], centre: number): number {
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
