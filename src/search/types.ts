import type { Path, Space } from '../space/space.js';

/** Which paths there are, and which of them may be proposed. */
export interface Limits {
  readonly space: Space;
  /** Whether the budget allows this path. Deterministic; asked before a path is scored, and again when it is drawn again. */
  accept(path: Path): boolean;
}

/**
 * What is searched. `accept` asks the budget, `fitness` scores, and the search remembers what it scored: three separate
 * things, none of which does another's work.
 */
export interface Problem extends Limits {
  /** The score of a path, larger is better and always finite: top-1 accuracy on images held out of the training set. */
  fitness(path: Path): Promise<number>;
}

/** How a candidate came about: `parents` are the ids of those it descends from, none for a random one. */
export interface Origin {
  readonly operator: 'random' | 'mutation' | 'crossover';
  readonly parents: readonly number[];
}

/** A scored candidate. */
export interface Evaluated {
  /** Its place in the order of evaluation, from 0. */
  readonly id: number;
  readonly path: Path;
  readonly fitness: number;
  /** From 0, the random one. */
  readonly generation: number;
  readonly origin: Origin;
}

/** What a search may be given besides its problem and its settings. */
export interface SearchOptions {
  /**
   * Told of each candidate right after it was scored, before the next is proposed; a promise is awaited. Candidates in
   * `known` are not reported again.
   */
  readonly onEvaluated?: (evaluated: Evaluated) => void | Promise<void>;
  /**
   * Fitness by path key, as an interrupted run with the same problem, settings and seed recorded it. These are not
   * scored again, and the result is the one that the uninterrupted run would have had.
   */
  readonly known?: ReadonlyMap<string, number>;
  /** Looked at before each evaluation; when aborted, the search throws Interrupted. */
  readonly signal?: AbortSignal;
}
