import { stopIfAborted } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { pathKey, type Path } from '../space/space.js';
import type { LegalPaths } from './legal.js';
import type { Sampler } from './sampler.js';
import { checkStudySize, type StudySize } from './settings.js';
import type { Proposal, Score, Trial } from './trial.js';

/**
 * A search problem: the paths, which of them are legal, their costs and their scores. Each function does only its own
 * part.
 */
export interface Problem extends LegalPaths {
  /** The costs of a path, by key, such as `macs`. Deterministic. */
  measure(path: Path): Readonly<Record<string, number>>;
  /**
   * The objectives of paths, in their order. With one objective it is the fitness: top-1 accuracy on images held out of
   * the training set; then the loss is that of the same images. The paths may be scored side by side.
   */
  scores(paths: readonly Path[]): AsyncIterable<Score>;
}

/** Options of a study. */
export interface StudyOptions {
  /**
   * Called with each trial, in their order, when it is scored; a promise is awaited before the next one. Not called for
   * `known` trials.
   */
  readonly onEvaluated?: (trial: Trial) => void | Promise<void>;
  /**
   * Scores by path key, recorded by an interrupted run with the same problem, sampler and seed. They are not scored
   * again, and the trials match those of an uninterrupted run.
   */
  readonly known?: ReadonlyMap<string, Score>;
  /** Checked before each trial; when aborted, the study throws Interrupted. */
  readonly signal?: AbortSignal;
}

/**
 * A search. Generation by generation, a sampler proposes paths, and the study checks, scores, numbers and records them.
 * No path is scored twice. The same seed gives the same trials.
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
   * Runs `generations` generations of `population` trials each, or until the sampler proposes fewer, which means that
   * it finds no more. Returns all trials, in order.
   *
   * Throws a UserError when no path is legal, Interrupted when `options.signal` is aborted, and an Error when the
   * sampler breaks its contract.
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
      {
        space: problem.space,
        isLegal: (path) => problem.isLegal(path),
        ...(problem.anyLegal && { anyLegal: (except) => problem.anyLegal?.(except) }),
        trials: this.#trials,
        wanted,
      },
      this.#rng.fork(this.#generation),
    );
    this.#check(proposals, wanted);
    return this.#evaluate(proposals);
  }

  /** Throws on an invalid proposal, before anything of its generation is scored. */
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

  /** Scores the proposals, except those whose scores are known. */
  async #evaluate(proposals: readonly Proposal[]): Promise<readonly Trial[]> {
    const { known, onEvaluated, signal } = this.#options;
    const isNew = ({ path }: Proposal): boolean => known?.has(pathKey(path)) !== true;
    const wanted = proposals.filter(isNew).map(({ path }) => path);
    const trials: Trial[] = [];
    const scores = this.#problem.scores(wanted)[Symbol.asyncIterator]();
    try {
      for (const proposal of proposals) {
        stopIfAborted(signal);
        const score = known?.get(pathKey(proposal.path)) ?? (await nextOf(scores));
        const trial = this.#trial(proposal, score, this.#trials.length + trials.length);
        if (isNew(proposal)) await onEvaluated?.(trial);
        trials.push(trial);
      }
    } finally {
      await scores.return?.();
    }
    return trials;
  }

  #trial({ path, origin }: Proposal, { values, loss }: Score, id: number): Trial {
    if (values.length === 0 || !values.every(Number.isFinite)) {
      throw new RangeError(
        `the fitness of path ${pathKey(path)} is ${values.join(', ') || 'missing'}, not a finite number`,
      );
    }
    return {
      id,
      path,
      values,
      // A loss that is no number, as of logits that overflow, decides nothing.
      ...(loss !== undefined && Number.isFinite(loss) && { loss }),
      measures: this.#problem.measure(path),
      generation: this.#generation,
      origin,
    };
  }
}

async function nextOf(scores: AsyncIterator<Score>): Promise<Score> {
  const next = await scores.next();
  if (next.done === true) throw new Error('there are fewer scores than paths; give one for each');
  return next.value;
}
