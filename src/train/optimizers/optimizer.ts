import type { Value } from '../../graph/index.js';

/** The host's values for an optimizer step. */
export interface StepRates {
  /** How often the vector has been updated, this time included. In a supernet, vectors that no path had are behind. */
  readonly updates: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** One flat parameter vector in a step; all values except the scalars are [n]. */
export interface Update {
  readonly parameters: Value;
  readonly gradient: Value;
  /** In the order of the optimizer's slots. */
  readonly slots: readonly Value[];
  /** In the order of the optimizer's scalars; those that are counted are [n] where parts of the vector differ. */
  readonly scalars: readonly Value[];
  /** Lengths of the runs of elements that alternately have and have not weight decay. */
  readonly decayRuns: readonly number[];
}

/**
 * An optimizer. Vectors are long and every operation is a pass over memory, so factors of whole vectors belong in the
 * scalars, which the host computes in double precision.
 */
export interface Optimizer {
  readonly name: string;
  /** Its state vectors per parameter vector, initially zero. */
  readonly slots: readonly string[];
  /** Scalars that change from step to step. */
  readonly scalars: readonly string[];
  /** Those of them that depend on how often a vector has been updated. */
  readonly counted: readonly string[];
  /** Their values, in the same order. */
  scalarsAt(rates: StepRates): readonly number[];
  /** The new parameters and slots. */
  update(given: Update): { readonly parameters: Value; readonly slots: readonly Value[] };
}
