import { DamagedFile } from '../../checkpoint/safetensors.js';
import { UserError } from '../../errors.js';
import { contactSheet } from '../../loader/contactSheet.js';
import { trainingLoader, type Loader } from '../../loader/loader.js';
import type { ImageSource } from '../../dataset/source.js';
import type { Network } from '../../model/network.js';
import type { Rng } from '../../random/rng.js';
import { train } from '../../train/loop.js';
import { rateAfter } from '../../train/rollback.js';
import type { PathSchedule } from '../../train/paths.js';
import { NetworkState, type Weights } from '../../train/state.js';
import type { RecipeConfig } from '../../config/config.js';
import type { SearchContext } from '../context.js';
import { recipeFor } from '../../config/recipes/inSteps.js';
import { stageName, type SupernetStage, type TrainStage, type TrustStage } from '../../telemetry/stage.js';
import { chanceWatch } from '../levels/chance.js';
import { removeSnapshots, snapshotsOf } from '../folder/snapshots.js';
import { TrainingLog } from './trainingLog.js';

/** A trained network on the device, which the caller frees, and the moving average of its weights, if any. */
export interface TrainedState {
  readonly state: NetworkState;
  readonly average: Weights | undefined;
}

export interface TrainStageOptions {
  /** Initial values of variables by name; the others are drawn. */
  readonly start?: Weights | undefined;
  /** The paths of a supernet's steps, from the stage's random stream. Default: drawn uniformly. */
  readonly paths?: ((rng: Rng) => PathSchedule) | undefined;
}

/**
 * Trains a network, or loads the weights that an earlier process of this run trained: `weights/<stage's
 * name>.safetensors`.
 */
export async function trainStage(
  context: SearchContext,
  stage: SupernetStage | TrainStage | TrustStage,
  network: Network,
  source: ImageSource,
  config: RecipeConfig,
  { start, paths }: TrainStageOptions = {},
): Promise<TrainedState> {
  const { device, ranks, folder, emit, signal } = context;
  const name = stageName(stage);
  const file = weightsFile(stage);
  const averageFile = `weights/${name}.average.safetensors`;
  if (folder.has(file)) {
    const left = (each: string): Promise<Weights> =>
      folder.readWeights(each).catch((error: unknown) => {
        if (!(error instanceof DamagedFile)) throw error;
        throw new UserError(
          `${error.message} Remove ${folder.path(file)}, and continue: ${name} is then trained again.`,
        );
      });
    const state = await NetworkState.load(device, network, await left(file));
    return { state, average: folder.has(averageFile) ? await left(averageFile) : undefined };
  }

  context.accuracies.forget(stage);
  // All randomness of a stage follows from the seed and the stage's name.
  const rng = context.rng.fork(name);
  const loader = loaderOf(context, network, source, config, rng.fork('data'));
  const recipe = recipeFor(config, loader.batchesPerEpoch);
  const { steps, learningRate, warmupSteps } = recipe;
  emit({ type: 'stageStarted', stage, steps, recipe: { config, learningRate, warmupSteps } });
  const log = new TrainingLog(stage, recipe, loader.batchesPerEpoch / config.accumulate, emit);
  const warn = (message: string): void => emit({ type: 'warning', message });
  const watch =
    stage.kind === 'supernet' ? chanceWatch({ labels: source.labels, steps: recipe.steps }, warn) : undefined;
  try {
    // The many short trainings see the same images as the final ones.
    if (stage.kind !== 'train' || stage.network?.role !== 'contender') await showFirstBatch(context, name, loader);
    const state = await train({
      device,
      ranks,
      network,
      loader,
      normalization: network.preprocessing,
      recipe,
      rng,
      start,
      paths: paths?.(rng.fork('path')),
      signal,
      checkpoints: ranks.rank === 0 ? snapshotsOf(folder, name, warn) : undefined,
      onStep: (report) => {
        log.step(report);
        watch?.(report);
      },
      onRollback: ({ fault, step, times }) => {
        log.goBack();
        warn(`${name}: ${fault.message}; going on from step ${step} with ${rateAfter(times)} × the learning rate`);
      },
    });
    const metadata = { stage: name, steps: String(recipe.steps) };
    // Report the end first: a process that is killed before the weights exist goes on from a snapshot and reports it again.
    log.finish();
    // Write the average first: the stage counts as done once its weights exist.
    const average = recipe.averageDecay > 0 ? await state.averages() : undefined;
    if (average !== undefined) await folder.writeTensors(averageFile, average, metadata);
    await folder.writeTensors(file, await state.weights(), metadata);
    await removeSnapshots(folder, name);
    return { state, average };
  } finally {
    await loader.close();
  }
}

/** Where a run keeps the weights that a training leaves. */
export function weightsFile(stage: SupernetStage | TrainStage | TrustStage): string {
  return `weights/${stageName(stage)}.safetensors`;
}

/** The loader of a training by this recipe. */
export function loaderOf(
  { config: { data }, unreadable }: Pick<SearchContext, 'config' | 'unreadable'>,
  network: Network,
  source: ImageSource,
  recipe: RecipeConfig,
  rng: Rng,
): Loader {
  return trainingLoader(source, {
    imageSize: network.backbone.imageSize,
    batchSize: recipe.batchSize,
    rng,
    augmentation: recipe.augmentation,
    noise: network.preprocessing,
    repeats: recipe.repeatedAugmentation,
    officialRepeats: recipe.official.repeatedAugmentation,
    resampling: data.resampling,
    framing: network.preprocessing,
    workers: data.workers,
    onUnreadable: unreadable.meet,
  });
}

/** Saves a picture of the network's input, so that mistakes show before hours of training. */
async function showFirstBatch({ config, folder, signal }: SearchContext, name: string, loader: Loader): Promise<void> {
  const file = `batches/${name}.png`;
  if (folder.has(file)) return;
  for await (const { images } of loader.from(0, { signal })) {
    await folder.write(file, await contactSheet(images, config.model.imageSize));
    return;
  }
}
