import { agreed } from '../../comm/exchange.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { ImageSource } from '../../dataset/source.js';
import { costOf } from '../../measure/cost.js';
import type { Cost } from '../../measure/measure.js';
import { plainNetwork } from '../../model/network.js';
import type { Architecture } from '../../family/family.js';
import type { TrainedWeights } from '../../telemetry/events.js';
import type { NetworkRole, TrainStage } from '../../telemetry/stage.js';
import { NetworkState, type Weights } from '../../train/state.js';
import { evaluationBatches } from '../training/batches.js';
import type { SearchContext } from '../context.js';
import { Evaluator } from '../training/evaluate.js';
import type { EvaluationSubject } from '../training/recordedAccuracies.js';
import { trainStage } from '../training/trainStage.js';

/** An architecture, trained from scratch. */
export interface TrainedNetwork {
  /** Its role in the comparison. */
  readonly network: NetworkRole;
  readonly architecture: Architecture;
  readonly cost: Cost;
  readonly weights: Weights;
  /** Whether these are the last weights or the moving average. */
  readonly kept: TrainedWeights;
  /** Accuracy on images held out from training. */
  readonly heldOut: number;
}

/**
 * Trains an architecture on the search's training images, from scratch or from the weights `start`, and scores it on
 * the held-out ones. If there is a moving average of the weights, the better of the two on the held-out images is used.
 */
export async function retrain(
  context: SearchContext,
  role: NetworkRole,
  architecture: Architecture,
  data: SearchData,
  start?: Weights,
): Promise<TrainedNetwork> {
  const { config } = context;
  const network = plainNetwork(architecture);
  const stage: TrainStage = { kind: 'train', network: role };
  const { state, average } = await trainStage(context, stage, network, data.train, config.retrain.recipe, { start });
  const last = await state.weights();
  state.free();
  const score = (values: Weights, weights: TrainedWeights): Promise<number> =>
    accuracyOf(context, architecture, values, data.searchVal, { stage, weights, split: 'searchVal' });
  const trained = { network: role, architecture, cost: costOf(architecture) };
  const heldOut = await score(last, 'last');
  if (average !== undefined) {
    const averaged = await score(average, 'average');
    if (averaged > heldOut) return { ...trained, weights: average, kept: 'average', heldOut: averaged };
  }
  return { ...trained, weights: last, kept: 'last', heldOut };
}

/**
 * Top-1 accuracy of weights on images: what an earlier process of the run measured or, of test images always, what the
 * training engine of rank 0 measures. Then emits an event with the fields of `subject`.
 */
export async function accuracyOf(
  context: SearchContext,
  architecture: Architecture,
  weights: Weights,
  source: ImageSource,
  subject: EvaluationSubject,
): Promise<number> {
  const { ranks, emit } = context;
  const known = context.accuracies.of(subject);
  const decided = await agreed(
    ranks,
    async () => known ?? (await measuredAccuracy(context, architecture, weights, source)),
  );
  if (known === undefined) emit({ type: 'evaluation', ...subject, accuracy: decided, images: source.labels.length });
  return decided;
}

async function measuredAccuracy(
  context: SearchContext,
  architecture: Architecture,
  weights: Weights,
  source: ImageSource,
): Promise<number> {
  const { config, device, signal } = context;
  const network = plainNetwork(architecture);
  const state = await NetworkState.load(device, network, weights);
  const batches = evaluationBatches(source, {
    batchSize: config.search.evaluationBatchSize,
    imageSize: network.backbone.imageSize,
    preprocessing: network.preprocessing,
    workers: config.data.workers,
    onUnreadable: context.unreadable.meet,
    signal,
  });
  const evaluator = await Evaluator.create(device, network, batches, signal);
  try {
    return await evaluator.accuracy(
      state,
      architecture.blocks.map(() => 0),
    );
  } finally {
    await evaluator.close();
    await batches.close();
    state.free();
  }
}
