import { macsOf, type Value } from '../graph/index.js';
import type { Variable } from '../nn/scope.js';
import { sizeOf } from '../tensor/tensor.js';

/** A part of a network, built for one image: its outputs, and its declared parameters. */
export interface Part {
  readonly outputs: readonly Value[];
  readonly parameters: readonly Variable[];
}

/** A cost of a network that a budget can bound. The values of a network's parts add up to its own. */
export interface Measure<Key extends string = string> {
  /** In the configuration, the tables and the events: `macs`. */
  readonly key: Key;
  /** In messages: `MACs`. */
  readonly title: string;
  /** In the command line's options, `--max-…`: `macs`. */
  readonly option: string;
  /** What one unit is, for help texts: `multiply-adds`. */
  readonly unit: string;
  /** A typical bound, for help texts: `1.3G`. */
  readonly example: string;
  count(part: Part): number;
  readonly format: (value: number) => string;
}

/** Multiply-adds for one image, counted from the operators of the forward graph; often called FLOPs in papers. */
const macs: Measure<'macs'> = {
  key: 'macs',
  title: 'MACs',
  option: 'macs',
  unit: 'multiply-adds',
  example: '1.3G',
  count: ({ outputs }) => macsOf(outputs),
  format: formatCount,
};

/** Trainable parameters, counted from the modules' declarations. */
const parameters: Measure<'parameters'> = {
  key: 'parameters',
  title: 'parameters',
  option: 'params',
  unit: 'parameters',
  example: '5M',
  count: (part) => part.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  format: formatCount,
};

/** All measures, in print order. */
export const MEASURES = [macs, parameters] as const;
export type MeasureKey = (typeof MEASURES)[number]['key'];

/** A value for every measure. */
export type PerMeasure<T> = Readonly<Record<MeasureKey, T>>;

/** The cost of a network or a part of it. */
export type Cost = PerMeasure<number>;

/** A record of `of(measure)` for every measure. */
export function perMeasure<T>(of: (measure: Measure<MeasureKey>) => T): PerMeasure<T> {
  return Object.fromEntries(MEASURES.map((measure) => [measure.key, of(measure)])) as PerMeasure<T>;
}

/** A count with four significant digits: `1.473 G`, `80.07 M`, `768`. */
export function formatCount(count: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (count >= 0.99995 * size) return `${(count / size).toPrecision(4)} ${unit}`;
  }
  return String(count);
}
