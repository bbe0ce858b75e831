import { input, lower, type Value } from '../graph/index.js';
import type { DType, Shape } from '../tensor/tensor.js';

/**
 * A graph with everything that it is fed and that is read of it, declared once: whoever runs it is checked by the compiler.
 * Vectors that stay on a device are no feeds; see StateView.
 */
export interface ProgramGraph<Feed extends string = string, Result extends string = string> {
  /** What the host gives at every run. A network that does not need one of them may leave it out of its graph. */
  readonly feeds: readonly Feed[];
  /** What the host gets back. */
  readonly results: readonly Result[];
  /** The ONNX model. */
  readonly model: Uint8Array;
}

/** What a program is made of. */
export interface ProgramParts<Feed extends string, Result extends string> {
  readonly feeds: Readonly<Record<Feed, Value>>;
  readonly results: Readonly<Record<Result, Value>>;
  /** New values of vectors that stay on the device, by output name. */
  readonly updates?: Readonly<Record<string, Value>>;
}

/** The program of a graph. The values of `feeds` are the graph's inputs of these names, or computed from nothing else. */
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

/** The type of a feed. */
export type FeedType = readonly [dtype: DType, shape: Shape];

/** Graph inputs of these types, by name. */
export function feeds<Feed extends string>(types: Readonly<Record<Feed, FeedType>>): Record<Feed, Value> {
  return Object.fromEntries(
    Object.entries<FeedType>(types).map(([name, [dtype, shape]]) => [name, input(name, dtype, shape)]),
  ) as Record<Feed, Value>;
}
