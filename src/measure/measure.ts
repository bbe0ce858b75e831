import { macsOf, peakBytes, type Value } from '../graph/index.js';
import type { Variable } from '../nn/scope.js';
import { sizeOf } from '../tensor/tensor.js';
import { byteUnit, countUnit, formatBytes, formatCount, formatMilliseconds, timeUnit, type Unit } from './format.js';

export { formatBytes, formatCount, formatMilliseconds, type Unit };

/** A part of a network, built for one image: what it reads and returns, and its declared parameters. */
export interface Part {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly parameters: readonly Variable[];
  /** What a latency table says of it, if there is one. */
  readonly milliseconds?: number | undefined;
}

/** The value of two parts together, from theirs. It is associative and grows with both. */
export type Combination = (one: number, other: number) => number;

export const SUM: Combination = (one, other) => one + other;
export const MAXIMUM: Combination = (one, other) => Math.max(one, other);

/** A cost of a network that a budget can bound. */
export interface Measure<Key extends string = string> {
  /** In the configuration, the tables and the events: `macs`. */
  readonly key: Key;
  /** In messages: `MACs`. */
  readonly title: string;
  /** In the command line's options, `--max-…`: `macs`. */
  readonly option: string;
  /** What its argument is called in help texts: `count`. */
  readonly argument: string;
  /** What is bounded, for help texts: `multiply-adds for one image`. */
  readonly meaning: string;
  /** A typical bound, for help texts: `1.3G`. */
  readonly example: string;
  /** The units of a bound on the command line, in lower case; '' is a plain number. */
  readonly units: Readonly<Record<string, number>>;
  /** The value of a part of a network. Undefined if it is not known; then it is unknown for the network too. */
  of(part: Part): number | undefined;
  /** {@link SUM} or {@link MAXIMUM}. */
  readonly combine: Combination;
  readonly format: (value: number) => string;
  /** The unit of an axis whose largest value this is. */
  readonly unitOf: (largest: number) => Unit;
}

const COUNT_UNITS = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Multiply-adds for one image, counted from the operators of the forward graph; often called FLOPs in papers. */
const macs: Measure<'macs'> = {
  key: 'macs',
  title: 'MACs',
  option: 'macs',
  argument: 'count',
  meaning: 'this many multiply-adds',
  example: '1.3G',
  units: COUNT_UNITS,
  of: ({ outputs }) => macsOf(outputs),
  combine: SUM,
  format: formatCount,
  unitOf: countUnit,
};

/** Trainable parameters, counted from the modules' declarations. */
const parameters: Measure<'parameters'> = {
  key: 'parameters',
  title: 'parameters',
  option: 'params',
  argument: 'count',
  meaning: 'this many parameters',
  example: '5M',
  units: COUNT_UNITS,
  of: (part) => part.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0),
  combine: SUM,
  format: formatCount,
  unitOf: countUnit,
};

/**
 * The most bytes that activations take at once in inference on one image, counted from the graph. Between two parts only
 * the value that one hands to the next is alive, and both count it, so a network's peak is the highest of its parts'.
 */
const memory: Measure<'memory'> = {
  key: 'memory',
  title: 'peak memory',
  option: 'memory',
  argument: 'bytes',
  meaning: 'this much memory for activations of one image at once',
  example: '64MB',
  units: { ...COUNT_UNITS, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
  of: ({ inputs, outputs }) => Math.max(...outputs.map((output) => peakBytes(output, inputs))),
  combine: MAXIMUM,
  format: formatBytes,
  unitOf: byteUnit,
};

/** Milliseconds for one batch, as a latency table predicts them; unknown without one. */
const latency: Measure<'latency'> = {
  key: 'latency',
  title: 'latency',
  option: 'latency',
  argument: 'time',
  meaning: 'this much time for a batch, by --latency-table',
  example: '20ms',
  units: { '': 1, us: 1e-3, ms: 1, s: 1e3 },
  of: ({ milliseconds }) => milliseconds,
  combine: SUM,
  format: formatMilliseconds,
  unitOf: timeUnit,
};

/** All measures, in print order. */
export const MEASURES = [macs, parameters, latency, memory] as const;
export type MeasureKey = (typeof MEASURES)[number]['key'];

/** A value for every measure. */
export type PerMeasure<T> = Readonly<Record<MeasureKey, T>>;

/** A value for every measure that is known of a network; without a latency table, its latency is not. */
export type PerKnownMeasure<T> = Readonly<Record<Exclude<MeasureKey, 'latency'>, T>> & { readonly latency?: T };

/** The cost of a network or a part of it. */
export type Cost = PerKnownMeasure<number>;

/** A record of `of(measure)` for every measure. */
export function perMeasure<T>(of: (measure: Measure<MeasureKey>) => T): PerMeasure<T> {
  return Object.fromEntries(MEASURES.map((measure) => [measure.key, of(measure)])) as PerMeasure<T>;
}

/** The measures whose value is known. */
export function measuresOf(cost: PerKnownMeasure<unknown>): readonly Measure<MeasureKey>[] {
  return MEASURES.filter(({ key }) => cost[key] !== undefined);
}

/** A record of `of(measure)` for every measure of which that is known. */
export function perKnownMeasure<T>(of: (measure: Measure<MeasureKey>) => T | undefined): PerKnownMeasure<T> {
  const values = MEASURES.map((measure) => [measure.key, of(measure)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as unknown as PerKnownMeasure<T>;
}
