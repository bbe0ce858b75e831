import type { SearchData } from '../../dataset/dataset.js';
import type { Network } from '../../model/network.js';
import { pathKey, type Path } from '../../space/space.js';
import { readJournal } from '../../telemetry/journal.js';
import { Progress } from '../../telemetry/progress.js';
import { stageName, type RescoreStage } from '../../telemetry/stage.js';
import type { Weights } from '../../train/state.js';
import { CandidateScorer } from '../levels/candidateScorer.js';
import type { SearchContext } from '../context.js';
import { largestMacs, openEngines } from '../devices/engines.js';

/** A candidate's accuracy with inherited weights, 0 to 1. */
export interface Fitness {
  /** With statistics recomputed as in the search. */
  readonly fitness: number;
  /** With the supernet's own BatchNorm statistics. */
  readonly withoutRecalibration: number;
}

/**
 * Scores the candidates of a trained supernet on all of `data.searchVal`: unlike a search, a check has the time. The
 * scores of earlier processes are in the journal.
 */
export async function rescore(
  context: SearchContext,
  level: string,
  network: Network,
  weights: Weights,
  data: SearchData,
  paths: readonly Path[],
): Promise<readonly Fitness[]> {
  const { folder, emit } = context;
  const { scoringImages: _, ...search } = context.config.search;
  const config = { ...context.config, search };
  const stage: RescoreStage = { kind: 'rescore', level };
  const known = new Map<string, number>();
  const keyOf = (path: Path, recalibrated: boolean): string => `${pathKey(path)} ${recalibrated}`;
  for (const { path, recalibrated, fitness } of await readJournal(folder.path('journal.jsonl'), 'candidateRescored')) {
    known.set(keyOf(path, recalibrated), fitness);
  }
  const kinds = config.search.calibrationBatches > 0 ? [false, true] : [false];
  const total = kinds.length * paths.length;
  const progress = new Progress(total, { done: known.size });
  if (known.size < total) {
    emit({ type: 'stageStarted', stage, steps: total });
    const began = performance.now();
    const engines = await openEngines(context, {
      count: paths.length,
      macs: config.search.evaluationBatchSize * largestMacs(network),
    });
    try {
      for (const recalibrated of kinds) {
        const scorer = new CandidateScorer({ ...context, config }, engines, network, weights, data, {
          rng: context.rng.fork(stageName({ kind: 'search', level })),
          ...(!recalibrated && { calibrationBatches: 0 }),
        });
        try {
          const unknown = paths.filter((path) => !known.has(keyOf(path, recalibrated)));
          let at = 0;
          for await (const { accuracy: fitness } of scorer.measure(unknown)) {
            const path = unknown[at++];
            known.set(keyOf(path, recalibrated), fitness);
            progress.advance();
            const { done, remainingSeconds } = progress;
            emit({
              type: 'candidateRescored',
              stage,
              path,
              recalibrated,
              fitness,
              done,
              total,
              ...(remainingSeconds !== undefined && { remainingSeconds }),
            });
          }
        } finally {
          await scorer.close();
        }
      }
    } finally {
      await engines.close();
    }
    const durationSeconds = (performance.now() - began) / 1000;
    emit({ type: 'stageFinished', stage, durationSeconds, result: { candidates: paths.length } });
  }
  const scoreOf = (path: Path, recalibrated: boolean): number => known.get(keyOf(path, recalibrated)) ?? NaN;
  return paths.map((path) => ({
    fitness: scoreOf(path, kinds.length > 1),
    withoutRecalibration: scoreOf(path, false),
  }));
}
