import type { NumberFields } from '../../telemetry/events.js';
import type { Judged } from './importance.js';

/** A scored candidate and its generation. */
export interface Bred extends Judged {
  readonly generation: number;
}

/** How often each value of a field stands in one block of the best candidates, generation by generation. */
export interface ChoiceHistory {
  /** The block's position, from 0. */
  readonly block: number;
  /** For each generation the number of the best candidates with each of the values, in the order of the values. */
  readonly counts: readonly (readonly number[])[];
}

/** The history of a field over all blocks. */
export interface FieldHistory {
  /** The values that occur, ascending; undefined for blocks without the field comes first. */
  readonly values: readonly (number | undefined)[];
  readonly generations: readonly number[];
  readonly blocks: readonly ChoiceHistory[];
}

/** What the `best` candidates with the highest fitness so far chose for `field`, after each generation. */
export function choiceHistory(candidates: readonly Bred[], field: string, best: number): FieldHistory {
  const generations = [...new Set(candidates.map(({ generation }) => generation))].sort((one, other) => one - other);
  const found = candidates.flatMap(({ blocks }) => blocks.map((block) => block[field]));
  const values = [...new Set(found)].sort((one, other) => (one ?? -Infinity) - (other ?? -Infinity));
  const leading = generations.map((until) =>
    candidates
      .filter(({ generation }) => generation <= until)
      .sort((one, other) => other.fitness - one.fitness)
      .slice(0, best),
  );
  const depth = Math.max(0, ...candidates.map(({ blocks }) => blocks.length));
  const blocks = Array.from({ length: depth }, (_, block) => ({
    block,
    counts: leading.map((leaders) => values.map((value) => countOf(leaders, block, field, value))),
  }));
  return { values, generations, blocks };
}

/** The fields of blocks that some candidates have, in the order in which they first occur. */
export function fieldsOf(candidates: readonly { readonly blocks: readonly NumberFields[] }[]): readonly string[] {
  return [...new Set(candidates.flatMap(({ blocks }) => blocks.flatMap((block) => Object.keys(block))))];
}

function countOf(leaders: readonly Bred[], block: number, field: string, value: number | undefined): number {
  return leaders.filter(({ blocks }) => blocks[block]?.[field] === value).length;
}
