import { stopIfAborted } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { pathKey, type Path } from '../space/space.js';
import type { LegalPaths } from './legal.js';
import type { Sampler } from './sampler.js';
import { checkStudySize, type StudySize } from './settings.js';
import type { Proposal, Trial } from './trial.js';

/** What is searched: the paths, which of them are legal, what they cost and how they score; none does another's work. */
export interface Problem extends LegalPaths {
  /** What a path costs, by key, such as `macs`. Deterministic. */
  measure(path: Path): Readonly<Record<string, number>>;
  /**
   * The objectives of a path, larger is better and always finite. With one objective it is the fitness: top-1 accuracy on
   * images held out of the training set.
   */
  score(path: Path): Promise<readonly number[]>;
}

/** What a study may be given besides its problem and its sampler. */
export interface StudyOptions {
  /**
   * Called with each trial right after it was scored, before the next is; a promise is awaited. Trials in `known` are not
   * reported again.
   */
  readonly onEvaluated?: (trial: Trial) => void | Promise<void>;
  /**
   * Scores by path key, as an interrupted run with the same problem, sampler and seed recorded them. These are not scored
   * again, and the trials are those that the uninterrupted run would have had.
   */
  readonly known?: ReadonlyMap<string, readonly number[]>;
  /** Checked before each evaluation; when aborted, the study throws Interrupted. */
  readonly signal?: AbortSignal;
}

/**
 * A search: a sampler proposes, generation by generation, and the study checks, scores, numbers and remembers. No path is
 * scored twice. The same seed gives the same trials.
 */
export class Study {
  readonly #problem: Problem;
  readonly #sampler: Sampler;
  readonly #rng: Rng;
  readonly #options: StudyOptions;
  readonly #trials: Trial[] = [];
  #generation = 0;

  constructor(problem: Problem, sampler: Sampler, rng: Rng, options: StudyOptions = {}) {
    this.#problem = problem;
    this.#sampler = sampler;
    this.#rng = rng;
    this.#options = options;
  }

  /**
   * Goes on until there are `generations` of them, of `population` trials each, or until the sampler proposes fewer, which
   * means that it finds no more. Evaluations run one after another. Returns all trials, in order.
   *
   * Throws a UserError when no path is legal, Interrupted when `options.signal` is aborted, and an Error when the sampler
   * breaks its contract.
   */
  async run(size: StudySize): Promise<readonly Trial[]> {
    checkStudySize(size);
    while (this.#generation < size.generations) {
      const trials = await this.#runGeneration(size.population);
      this.#trials.push(...trials);
      this.#generation += 1;
      if (trials.length < size.population) break;
    }
    return [...this.#trials];
  }

  async #runGeneration(wanted: number): Promise<readonly Trial[]> {
    const problem = this.#problem;
    const proposals = this.#sampler.ask(
      { space: problem.space, isLegal: (path) => problem.isLegal(path), trials: this.#trials, wanted },
      this.#rng.fork(this.#generation),
    );
    this.#check(proposals, wanted);
    const scored: Trial[] = [];
    for (const proposal of proposals) scored.push(await this.#evaluate(proposal, this.#trials.length + scored.length));
    return scored;
  }

  /** Throws when a sampler proposes what it must not, before anything of its generation is scored. */
  #check(proposals: readonly Proposal[], wanted: number): void {
    const where = `in generation ${this.#generation}`;
    if (proposals.length > wanted) {
      throw new Error(`the sampler proposed ${proposals.length} paths ${where}; propose at most the ${wanted} wanted`);
    }
    if (proposals.length === 0 && this.#trials.length === 0) {
      throw new Error(`the sampler proposed no path ${where}; propose one, or throw a UserError when none is legal`);
    }
    const seen = new Set(this.#trials.map(({ path }) => pathKey(path)));
    for (const { path } of proposals) {
      const key = pathKey(path);
      const proposed = `the sampler proposed path ${key} ${where}`;
      if (!this.#isInSpace(path)) {
        throw new Error(
          `${proposed}, which the space "${this.#problem.space.name}" does not have; propose one of its own`,
        );
      }
      if (seen.has(key)) throw new Error(`${proposed}, which was proposed before; propose only new ones`);
      if (!this.#problem.isLegal(path)) throw new Error(`${proposed}, which is not legal; ask isLegal first`);
      seen.add(key);
    }
  }

  #isInSpace(path: Path): boolean {
    const { positions } = this.#problem.space;
    return path.length === positions.length && positions.every((choices, index) => path[index] in choices);
  }

  /** Scores a path, or takes its known score. */
  async #evaluate({ path, origin }: Proposal, id: number): Promise<Trial> {
    const { known, onEvaluated, signal } = this.#options;
    stopIfAborted(signal);
    const key = pathKey(path);
    const recorded = known?.get(key);
    const values = recorded ?? (await this.#problem.score(path));
    if (values.length === 0 || !values.every(Number.isFinite)) {
      throw new RangeError(`the fitness of path ${key} is ${values.join(', ') || 'missing'}, not a finite number`);
    }
    const trial: Trial = {
      id,
      path,
      values,
      measures: this.#problem.measure(path),
      generation: this.#generation,
      origin,
    };
    if (recorded === undefined) await onEvaluated?.(trial);
    return trial;
  }
}
