import { stopIfAborted } from '../errors.js';
import { pathKey } from '../space/space.js';
import type { Path } from '../space/space.js';
import type { Evaluated, Origin, Problem, SearchOptions } from './types.js';

/** What a search has scored so far: it scores a path, remembers it, and knows what was seen. */
export class History {
  readonly #problem: Problem;
  readonly #options: SearchOptions;
  readonly #evaluated: Evaluated[] = [];
  readonly #seen = new Set<string>();

  constructor(problem: Problem, options: SearchOptions) {
    this.#problem = problem;
    this.#options = options;
  }

  /** Everything scored, in order. */
  get evaluated(): readonly Evaluated[] {
    return this.#evaluated;
  }

  /** The keys of everything scored. */
  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** Whether a proposed path may be scored: new, and allowed by the budget. */
  isFresh(path: Path): boolean {
    return !this.#seen.has(pathKey(path)) && this.#problem.accept(path);
  }

  /** Scores a fresh path, or takes its known fitness. Throws Interrupted when the search was aborted before. */
  async evaluate(path: Path, generation: number, origin: Origin): Promise<void> {
    const { known, onEvaluated, signal } = this.#options;
    stopIfAborted(signal);
    const key = pathKey(path);
    const recorded = known?.get(key);
    const fitness = recorded ?? (await this.#problem.fitness(path));
    if (!Number.isFinite(fitness))
      throw new RangeError(`the fitness of path ${key} is ${fitness}, not a finite number`);
    const evaluated: Evaluated = { id: this.#evaluated.length, path, fitness, generation, origin };
    this.#evaluated.push(evaluated);
    this.#seen.add(key);
    if (recorded === undefined) await onEvaluated?.(evaluated);
  }
}
