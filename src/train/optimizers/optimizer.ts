import type { Value } from '../../graph/index.js';

/** What the host knows of an optimizer step. */
export interface StepRates {
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** One flat parameter vector in a step; all values but the scalars are [n]. */
export interface Update {
  readonly parameters: Value;
  readonly gradient: Value;
  /** In the order of the optimizer's slots. */
  readonly slots: readonly Value[];
  /** In the order of the optimizer's scalars. */
  readonly scalars: readonly Value[];
  /** How many elements, from the front, are subject to weight decay. */
  readonly decayed: number;
}

/**
 * How parameters move along their gradient. Vectors are long and every operation is a pass over memory, so what scales a
 * whole vector belongs into the scalars, which the host computes in double precision.
 */
export interface Optimizer {
  readonly name: string;
  /** The vectors that it keeps beside each parameter vector, zeros at first. */
  readonly slots: readonly string[];
  /** The scalars that change from step to step. */
  readonly scalars: readonly string[];
  /** Their values, in the same order. */
  scalarsAt(rates: StepRates): readonly number[];
  /** The new parameters and slots. */
  update(given: Update): { readonly parameters: Value; readonly slots: readonly Value[] };
}
