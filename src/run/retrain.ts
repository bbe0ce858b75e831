import type { SearchData } from '../dataset/dataset.js';
import type { ImageSource } from '../dataset/source.js';
import { costOf } from '../measure/cost.js';
import type { Cost } from '../measure/measure.js';
import { plainNetwork } from '../model/network.js';
import type { Architecture } from '../family/family.js';
import { NetworkState, type Weights } from '../train/state.js';
import type { RunContext } from './context.js';
import { Evaluator } from './evaluate.js';
import { trainStage } from './trainStage.js';

/** An architecture that was trained from scratch. */
export interface TrainedNetwork {
  /** What it is in the comparison: `found`, `deit`, … */
  readonly name: string;
  readonly architecture: Architecture;
  readonly cost: Cost;
  readonly weights: Weights;
  /** Accuracy on the images held out of the training set. */
  readonly heldOut: number;
}

/**
 * Trains an architecture from scratch on the search's training images and scores it on the held-out ones. Where a moving
 * average of the weights is kept, the better of the two on the held-out images is taken.
 */
export async function retrain(
  context: RunContext,
  name: string,
  architecture: Architecture,
  data: SearchData,
): Promise<TrainedNetwork> {
  const { config } = context;
  const network = plainNetwork(architecture);
  const stage = `train-${name}`;
  const { state, average } = await trainStage(context, stage, network, data.train, config.retrain.recipe);
  const last = await state.weights();
  state.free();
  const score = (weights: Weights): Promise<number> =>
    accuracyOf(context, stage, architecture, weights, data.searchVal, 'searchVal');
  const trained = { name, architecture, cost: costOf(architecture) };
  const heldOut = await score(last);
  if (average !== undefined) {
    const averaged = await score(average);
    if (averaged > heldOut) return { ...trained, weights: average, heldOut: averaged };
  }
  return { ...trained, weights: last, heldOut };
}

/** Top-1 accuracy of weights on images, by the training engine. */
export async function accuracyOf(
  context: RunContext,
  stage: string,
  architecture: Architecture,
  weights: Weights,
  source: ImageSource,
  split: string,
): Promise<number> {
  const { config, device, emit, signal } = context;
  const network = plainNetwork(architecture);
  const state = await NetworkState.load(device, network, weights);
  const evaluator = await Evaluator.create(device, network, source, {
    batchSize: config.search.evaluationBatchSize,
    workers: config.data.workers,
    onUnreadable: context.unreadable.meet,
    signal,
  });
  try {
    const accuracy = await evaluator.accuracy(
      state,
      architecture.blocks.map(() => 0),
    );
    emit({ type: 'evaluation', stage, what: stage, split, accuracy, images: source.labels.length });
    return accuracy;
  } finally {
    await evaluator.close();
    state.free();
  }
}
