import { architecture } from '../../family/architecture.js';
import type { Architecture, Backbone } from '../../family/family.js';
import { plainNetwork } from '../../model/network.js';
import { blocksOf, pathKey, type Path, type Space } from '../../space/space.js';
import type { Listener } from '../../telemetry/events.js';
import { Progress } from '../../telemetry/progress.js';
import type { TrustStage } from '../../telemetry/stage.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { SearchContext } from '../context.js';
import { accuracyOf } from '../finals/retrain.js';
import { trainStage } from '../trainStage.js';
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
  const emit = withSeriesTime(context.emit);
  const results = paths.map((): Retrained[] => []);
  for (let repeat = 1; repeat <= seeds; repeat++) {
    for (const [index, path] of paths.entries()) {
      const number = (repeat - 1) * paths.length + index + 1;
      const stage: TrustStage = { kind: 'trust', level, path, repeat, number, total };
      const name = `${level}-${pathKey(path)}`;
      const candidate = architecture(space.family, { name, backbone, blocks: blocksOf(space, path) });
      results[index].push(await trained({ ...context, emit }, stage, candidate, halves));
    }
  }
  return results;
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

/** Adds the time until the whole series ends to the steps of its trainings, which are equally long. */
function withSeriesTime(emit: Listener): Listener {
  let progress: Progress | undefined;
  return (event) => {
    if (event.type !== 'trainStep' || event.stage.kind !== 'trust') {
      emit(event);
      return;
    }
    const { number, total } = event.stage;
    const done = (number - 1) * event.steps + event.step;
    if (progress === undefined) progress = new Progress(total * event.steps, { done });
    else progress.advance(done - progress.done);
    const { remainingSeconds } = progress;
    emit(remainingSeconds === undefined ? event : { ...event, seriesRemainingSeconds: remainingSeconds });
  };
}
