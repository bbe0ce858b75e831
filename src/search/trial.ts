import type { Path } from '../space/space.js';

/** The origin of a path. */
export interface Origin {
  /** The sampler's operator: `random`, `mutation`, `crossover`, `crossover+mutation`. */
  readonly operator: string;
  /** Ids of the parent trials; none for a random path. */
  readonly parents: readonly number[];
}

/** A path that a sampler proposes to score. */
export interface Proposal {
  readonly path: Path;
  readonly origin: Origin;
}

/** What scoring a path gives. */
export interface Score {
  /** The objectives; larger is better, all finite. With one objective, only the fitness. */
  readonly values: readonly number[];
  /** Decides between trials of equal values: smaller is better. */
  readonly loss?: number;
}

/** A scored path. */
export interface Trial extends Proposal, Score {
  /** Its number in the study, from 0. */
  readonly id: number;
  /** From 0. */
  readonly generation: number;
  /** The costs of the path, by key: `macs`, `parameters`. */
  readonly measures: Readonly<Record<string, number>>;
}
