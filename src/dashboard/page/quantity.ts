import type { NumberFields } from '../../telemetry/events.js';
import type { Candidate } from '../digest/candidates.js';
import { fieldsOf } from '../insight/choices.js';
import type { Range } from './chart.js';
import { fieldTitle, measureWords, percent, short } from './words.js';

/** A scored candidate with its blocks. */
export interface Scored extends Omit<Candidate, 'blocks'> {
  readonly key: string;
  readonly blocks: readonly NumberFields[];
}

/** A number that every candidate may have: an axis, a column, something to filter by. */
export interface Quantity {
  readonly key: string;
  readonly title: string;
  /** On an axis, with its unit. */
  readonly axis: string;
  readonly of: (candidate: Scored) => number | undefined;
  /** The value as axes show it. */
  readonly scaled: (value: number) => number;
  readonly format: (value: number) => string;
}

const plain = { scaled: (value: number) => value, format: (value: number) => short(value) };

/** The quantities of some candidates: scores, costs, and the mean of every field over the blocks that have it. */
export function quantitiesOf(candidates: readonly Scored[]): readonly Quantity[] {
  const costs = [...new Set(candidates.flatMap(({ measures }) => Object.keys(measures)))];
  const has = (of: (candidate: Scored) => number | undefined): boolean =>
    candidates.some((each) => of(each) !== undefined);
  return [
    {
      key: 'fitness',
      title: 'fitness',
      axis: 'fitness, %',
      of: ({ fitness }: Scored) => fitness,
      scaled: (value: number) => 100 * value,
      format: percent,
    },
    { key: 'loss', title: 'loss', axis: 'loss', of: ({ loss }: Scored) => loss, ...plain },
    ...costs.map((key): Quantity => {
      const { title, format, unitOf } = measureWords(key);
      const unit = unitOf(Math.max(...candidates.map(({ measures }) => measures[key] ?? 0)));
      return {
        key,
        title,
        axis: unit.name === '' ? title : `${title}, ${unit.name}`,
        of: ({ measures }) => measures[key],
        scaled: (value) => value / unit.size,
        format,
      };
    }),
    {
      key: 'generation',
      title: 'generation',
      axis: 'generation',
      of: ({ generation }: Scored) => generation,
      ...plain,
    },
    ...fieldsOf(candidates).map((field): Quantity => ({
      key: `mean ${field}`,
      title: `mean ${fieldTitle(field)}`,
      axis: `mean ${fieldTitle(field)}`,
      of: ({ blocks }) => meanOf(blocks.flatMap((block) => block[field] ?? [])),
      ...plain,
    })),
  ].filter(({ of }) => has(of));
}

/** A field of every block, as quantities. */
export function blockQuantities(candidates: readonly Scored[], field: string): readonly Quantity[] {
  const depth = Math.max(0, ...candidates.map(({ blocks }) => blocks.length));
  return Array.from({ length: depth }, (_, at) => ({
    key: `${field} ${at}`,
    title: `${fieldTitle(field)}, block ${at + 1}`,
    axis: `block ${at + 1}`,
    of: ({ blocks }) => blocks[at]?.[field] ?? 0,
    ...plain,
  }));
}

/** What the reader marked: a range of some quantities. Every view of the search follows it. */
export type Marks = ReadonlyMap<string, { readonly quantity: Quantity; readonly range: Range }>;

/** Whether a candidate is within all marked ranges. */
export function isMarked(marks: Marks, candidate: Scored): boolean {
  return [...marks.values()].every(({ quantity, range: [low, high] }) => {
    const value = quantity.of(candidate);
    return value !== undefined && value >= low && value <= high;
  });
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
