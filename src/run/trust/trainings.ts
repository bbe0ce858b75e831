import { architecture } from '../../family/architecture.js';
import type { Architecture, Backbone } from '../../family/family.js';
import { plainNetwork } from '../../model/network.js';
import { blocksOf, pathKey, type Path, type Space } from '../../space/space.js';
import type { Listener } from '../../telemetry/events.js';
import { Progress, type ProgressOptions } from '../../telemetry/progress.js';
import type { TrustStage } from '../../telemetry/stage.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { SearchContext } from '../context.js';
import { accuracyOf } from '../finals/retrain.js';
import { trainSideBySide } from '../finals/sideBySide.js';
import { trainStage, weightsFile } from '../training/trainStage.js';
import type { Half } from './halves.js';

/** The accuracy of one network after training from scratch, on each half of the held-out images, 0 to 1. */
export type Retrained = Readonly<Record<Half, number>>;

/** Candidates of one level, to be trained. */
export interface CandidatesToTrain {
  readonly level: string;
  readonly backbone: Backbone;
  readonly space: Space;
  readonly paths: readonly Path[];
  /** Trainings of each candidate. */
  readonly seeds: number;
}

/**
 * Trains every candidate from scratch, `seeds` times, each time with a random stream of its own. Returns the accuracies
 * per candidate and seed. First all candidates have one training, then all have two, so that a run that is stopped early has
 * seen them all.
 */
export async function trainCandidates(
  context: SearchContext,
  { level, backbone, space, paths, seeds }: CandidatesToTrain,
  halves: Readonly<Record<Half, SearchData>>,
): Promise<readonly (readonly Retrained[])[]> {
  const total = paths.length * seeds;
  const repeats = Array.from({ length: seeds }, (_, at) => at + 1);
  const trainings = repeats.flatMap((repeat) =>
    paths.map((path, index) => {
      const number = (repeat - 1) * paths.length + index + 1;
      const stage: TrustStage = { kind: 'trust', level, path, repeat, number, total };
      const name = `${level}-${pathKey(path)}`;
      return { stage, candidate: architecture(space.family, { name, backbone, blocks: blocksOf(space, path) }) };
    }),
  );
  const candidates = trainings.map(({ candidate }) => candidate);
  const trainedBefore = trainings.filter(({ stage }) => context.folder.has(weightsFile(stage))).length;
  const emit = withSeriesTime(context.emit, trainedBefore);
  const results = await trainSideBySide({ ...context, emit }, candidates, (engineContext, at) =>
    trained(engineContext, trainings[at].stage, candidates[at], halves),
  );
  return paths.map((_, index) => repeats.map((repeat) => results[(repeat - 1) * paths.length + index]));
}

async function trained(
  context: SearchContext,
  stage: TrustStage,
  candidate: Architecture,
  halves: Readonly<Record<Half, SearchData>>,
): Promise<Retrained> {
  const recipe = context.config.retrain.recipe;
  const { state } = await trainStage(context, stage, plainNetwork(candidate), halves.B.train, recipe);
  const weights = await state.weights();
  state.free();
  const on = (half: Half): Promise<number> =>
    accuracyOf(context, candidate, weights, halves[half].searchVal, {
      stage,
      weights: 'last',
      split: 'searchVal',
      half,
    });
  return { A: await on('A'), B: await on('B') };
}

/**
 * Adds the time until the whole series ends to the steps of its trainings, which are equally long; `trained` of them are by
 * earlier processes.
 */
export function withSeriesTime(emit: Listener, trained: number, clock?: ProgressOptions['now']): Listener {
  let progress: Progress | undefined;
  /** Steps of each training, some of which are trained side by side. */
  const steps = new Map<number, number>();
  return (event) => {
    if (event.type !== 'trainStep' || event.stage.kind !== 'trust') {
      emit(event);
      return;
    }
    const { number, total } = event.stage;
    progress ??= new Progress(total * event.steps, {
      done: trained * event.steps,
      ...(clock !== undefined && { now: clock }),
    });
    const before = steps.get(number);
    // A training that is continued had most of its first steps before.
    if (before === undefined) progress.skip(event.step);
    else progress.advance(event.step - before);
    steps.set(number, event.step);
    const { remainingSeconds } = progress;
    emit(remainingSeconds === undefined ? event : { ...event, seriesRemainingSeconds: remainingSeconds });
  };
}
