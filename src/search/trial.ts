import type { Path } from '../space/space.js';

/** How a path came about. */
export interface Origin {
  /** The sampler's word for it: `random`, `mutation`, `crossover`. */
  readonly operator: string;
  /** Ids of the trials that it descends from; none for a random path. */
  readonly parents: readonly number[];
}

/** A path that a sampler wants to see scored. */
export interface Proposal {
  readonly path: Path;
  readonly origin: Origin;
}

/** A path that was scored. */
export interface Trial extends Proposal {
  /** Its place in the study, from 0. */
  readonly id: number;
  /** From 0. */
  readonly generation: number;
  /** The objectives, larger is better, all finite. A study of one objective has the fitness alone. */
  readonly values: readonly number[];
  /** What the path costs, by key: `macs`, `parameters`. */
  readonly measures: Readonly<Record<string, number>>;
}
