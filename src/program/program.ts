import { input, lower, type Value } from '../graph/index.js';
import type { DType, Shape } from '../tensor/tensor.js';

/**
 * A graph with its inputs and outputs, declared once, so that the compiler checks every caller. Vectors that stay on a
 * device are not feeds; see StateView.
 */
export interface ProgramGraph<Feed extends string = string, Result extends string = string> {
  /** Inputs from the host on every run. The graph may omit those that a network does not need. */
  readonly feeds: readonly Feed[];
  /** Outputs to the host. */
  readonly results: readonly Result[];
  /** The ONNX model. */
  readonly model: Uint8Array;
}

/** The parts of a program. */
export interface ProgramParts<Feed extends string, Result extends string> {
  readonly feeds: Readonly<Record<Feed, Value>>;
  readonly results: Readonly<Record<Result, Value>>;
  /** New values for vectors on the device, by output name. */
  readonly updates?: Readonly<Record<string, Value>>;
}

/** The program of a graph. The values of `feeds` are graph inputs with these names, or depend only on them. */
export function programOf<Feed extends string, Result extends string>({
  feeds,
  results,
  updates = {},
}: ProgramParts<Feed, Result>): ProgramGraph<Feed, Result> {
  return {
    feeds: Object.keys(feeds) as Feed[],
    results: Object.keys(results) as Result[],
    model: lower({ ...results, ...updates }),
  };
}

/** A feed's type. */
export type FeedType = readonly [dtype: DType, shape: Shape];

/** Graph inputs with these types, by name. */
export function feeds<Feed extends string>(types: Readonly<Record<Feed, FeedType>>): Record<Feed, Value> {
  return Object.fromEntries(
    Object.entries<FeedType>(types).map(([name, [dtype, shape]]) => [name, input(name, dtype, shape)]),
  ) as Record<Feed, Value>;
}
