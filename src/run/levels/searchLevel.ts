import type { SearchData } from '../../dataset/dataset.js';
import { costRange, shareWithin, type Budget } from '../../measure/budget.js';
import { nearLimit } from '../../measure/nearLimit.js';
import { costOfPath, costsOfSpace, type CostTable } from '../../measure/cost.js';
import { supernet, type Network } from '../../model/network.js';
import { checkBudget } from '../../measure/checkBudget.js';
import { valuesOf } from '../../measure/objectives.js';
import { best } from '../../search/best.js';
import type { Sampler } from '../../search/sampler.js';
import { evolution } from '../../search/samplers/evolution.js';
import { nsga2 } from '../../search/samplers/nsga2.js';
import { randomSearch } from '../../search/samplers/randomSearch.js';
import { Study, type Problem } from '../../search/study.js';
import type { Score, Trial } from '../../search/trial.js';
import type { Backbone, Block } from '../../family/family.js';
import { blocksOf, log10SizeOf, pathKey, type Path, type Space } from '../../space/space.js';
import { Progress } from '../../telemetry/progress.js';
import { stageName, type SearchStage } from '../../telemetry/stage.js';
import { evolutionOf } from '../../config/check.js';
import type { Weights } from '../../train/state.js';
import { nearLimitOf, pathsWithin } from '../budget.js';
import { openEngines } from '../devices/engines.js';
import { CandidateScorer } from './candidateScorer.js';
import type { SearchContext } from '../context.js';
import { costOptionsOf } from '../latencyTable.js';
import { trainStage } from '../training/trainStage.js';
import { supernetPaths } from './supernetPaths.js';
import { largest } from '../../tensor/largest.js';

/** How candidates are proposed: by evolution, for several objectives by NSGA-II, or for comparison at random. */
export type SearchMethod = 'evolution' | 'nsga2' | 'random';

/** A scored candidate and everything recorded about it; its first value is the fitness. */
export interface ScoredCandidate extends Trial {
  readonly stage: SearchStage;
  readonly method: SearchMethod;
  readonly blocks: readonly Block[];
}

/** The name of a candidate as an architecture. */
export function candidateName({ id }: Pick<ScoredCandidate, 'id'>): string {
  return `glit-${id}`;
}

/** The result of searching one level: all evaluated candidates in order, and the best ones first. */
export interface LevelResult {
  readonly candidates: readonly ScoredCandidate[];
  readonly ranked: readonly ScoredCandidate[];
}

/** Initial values of some of a supernet's variables; the others are drawn. */
export type SupernetStart = (network: Network) => Weights;

/** One level of the search: its space, backbone and budget. */
export interface Level {
  /** `high` or `low`; also the name of its stages and files. */
  readonly name: string;
  readonly backbone: Backbone;
  readonly space: Space;
  readonly budget: Budget;
  /** Initial values of some of the supernet's variables; the others are drawn. */
  readonly start?: SupernetStart | undefined;
  /** The number of best candidates to return. */
  readonly top: number;
}

/** What the candidates of a level may cost. */
export interface LevelCosts {
  readonly table: CostTable;
  /** The run's budget, near its limit; see {@link nearLimit}. */
  readonly budget: Budget;
}

/**
 * Checks, before any training, that the space has paths within the budget, and emits the range of the space and the
 * share of random candidates within the budget near its limit. Throws a UserError with the range when there are none.
 */
export function checkLevel(
  context: Pick<SearchContext, 'config' | 'emit' | 'rng' | 'latencyTable'>,
  { name, backbone, space, budget: whole }: Omit<Level, 'top' | 'start'>,
): LevelCosts {
  const { config, emit, rng } = context;
  const table = costsOfSpace(backbone, space, costOptionsOf(context, backbone, space));
  checkBudget(table, whole);
  const budget = nearLimit(table, whole, nearLimitOf(config), rng.fork('nearLimit').fork(name));
  emit({
    type: 'spaceChecked',
    level: name,
    log10Candidates: log10SizeOf(space),
    ranges: costRange(table),
    budget: { ...budget },
    shareWithin: shareWithin(table, budget, rng.fork('feasible').fork(name)),
  });
  return { table, budget };
}

/**
 * Searches one level (SPOS): trains a supernet of the space on one uniformly drawn path per step, then evolves paths
 * with inherited weights. Every candidate's BatchNorm statistics are recomputed before it is scored on `searchVal`.
 *
 * The search only sees `data`, which has no test images.
 */
export async function searchLevel(
  context: SearchContext,
  level: Level,
  data: SearchData,
  recorded: RecordedFitness,
): Promise<LevelResult> {
  const { config, emit, signal } = context;
  const { search } = config;
  const { name, backbone, space, start } = level;
  const { table, budget } = checkLevel(context, level);
  const network = supernet(backbone, space, config.space);
  const { state } = await trainStage(context, { kind: 'supernet', level: name }, network, data.train, config.supernet, {
    start: start?.(network),
    paths: (rng) => supernetPaths(search, table, rng),
  });

  const weights = await state.weights();
  state.free();

  const stage: SearchStage = { kind: 'search', level: name };
  const stageRng = context.rng.fork(stageName(stage));
  const engines = await openEngines(context, {
    count: search.population,
    macs: search.evaluationBatchSize * costRange(table).macs.max,
  });
  const scorer = new CandidateScorer(context, engines, network, weights, data, { rng: stageRng });

  const problem: Problem = {
    ...pathsWithin(table, budget),
    measure: (path) => costOfPath(table, path),
    async *scores(paths) {
      if (paths.length > 0) begin();
      let at = 0;
      for await (const { accuracy, loss } of scorer.measure(paths)) {
        yield { values: valuesOf(search.objectives, accuracy, costOfPath(table, paths[at++])), loss };
      }
    },
  };
  const searching = search.objectives.length > 1 ? 'nsga2' : 'evolution';
  const methods: readonly SearchMethod[] = search.compareRandom ? [searching, 'random'] : [searching];
  const settings = evolutionOf(config);
  const samplers: Record<SearchMethod, Sampler> = {
    evolution: evolution(settings),
    nsga2: nsga2(settings),
    random: randomSearch,
  };
  const evaluations = settings.population * settings.generations;
  const known = methods.flatMap((method) => [...recorded.of(stage, method).values()].map(({ values }) => values[0]));
  let began: number | undefined;
  /** Where nothing is left to score, the stage has ended before. */
  const begin = (): void => {
    if (began !== undefined) return;
    emit({
      type: 'stageStarted',
      stage,
      steps: evaluations * methods.length,
      heldOut: data.searchVal.labels.length,
      ...(known.length > 0 && { best: largest(known) }),
    });
    began = performance.now();
  };
  const progress = new Progress(evaluations * methods.length, { done: known.length });
  const describe = (trial: Trial, method: SearchMethod): ScoredCandidate => ({
    ...trial,
    stage,
    method,
    blocks: blocksOf(space, trial.path),
  });
  try {
    const candidates: ScoredCandidate[] = [];
    for (const method of methods) {
      const study = new Study(problem, samplers[method], stageRng.fork(method), {
        known: recorded.of(stage, method),
        ...(signal && { signal }),
        onEvaluated: (trial) => {
          progress.advance();
          const { blocks, ...rest } = describe(trial, method);
          emit({
            type: 'candidateEvaluated',
            ...rest,
            fitness: trial.values[0],
            blocks,
            done: progress.done,
            total: progress.total,
            ...(progress.remainingSeconds !== undefined && { remainingSeconds: progress.remainingSeconds }),
          });
        },
      });
      for (const trial of await study.run(settings)) candidates.push(describe(trial, method));
    }
    const found = candidates.filter(({ method }) => method === searching);
    const ranked = best(found, level.top);
    // A process that was killed may have scored the last candidate without a word of the end.
    if (!recorded.isFinished(stage)) begin();
    if (began !== undefined) {
      emit({
        type: 'stageFinished',
        stage,
        durationSeconds: (performance.now() - began) / 1000,
        result: {
          bestFitness: Object.fromEntries(
            methods.map((method) => [
              method,
              largest(candidates.filter((each) => each.method === method).map(({ values }) => values[0])),
            ]),
          ),
        },
      });
    }
    return { candidates, ranked };
  } finally {
    await scorer.close();
    await engines.close();
  }
}

/** The scores recorded by earlier processes of the run, and the searches that these finished. */
export class RecordedFitness {
  private readonly scores = new Map<string, Map<string, Score>>();
  private readonly finished = new Set<string>();

  add(stage: SearchStage, method: SearchMethod, path: Path, score: Score): void {
    const key = keyOf(stage, method);
    const known = this.scores.get(key) ?? new Map<string, Score>();
    this.scores.set(key, known.set(pathKey(path), score));
  }

  of(stage: SearchStage, method: SearchMethod): ReadonlyMap<string, Score> {
    return this.scores.get(keyOf(stage, method)) ?? new Map<string, Score>();
  }

  finish(stage: SearchStage): void {
    this.finished.add(stageName(stage));
  }

  isFinished(stage: SearchStage): boolean {
    return this.finished.has(stageName(stage));
  }
}

function keyOf(stage: SearchStage, method: SearchMethod): string {
  return `${stageName(stage)} ${method}`;
}
