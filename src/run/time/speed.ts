import { agreed } from '../../comm/exchange.js';
import type { Config, RecipeConfig } from '../../config/config.js';
import { recipeFor } from '../../config/recipes/inSteps.js';
import type { SearchData } from '../../dataset/dataset.js';
import { sample } from '../../dataset/source.js';
import { plainNetwork, supernet, type Network } from '../../model/network.js';
import { samplePath, type Path } from '../../space/space.js';
import { train } from '../../train/loop.js';
import type { NetworkState } from '../../train/state.js';
import { CandidateScorer } from '../levels/candidateScorer.js';
import type { SearchContext } from '../context.js';
import { evaluationBatches } from '../training/batches.js';
import { largestMacs, macsOfStep, openEngines, openTrainingEngines } from '../devices/engines.js';
import { Evaluator } from '../training/evaluate.js';
import { backboneOf, firstLevel } from '../levels/hierarchicalSearch.js';
import { randomCandidates } from '../finals/randomSearch.js';
import { scoringCount } from '../levels/scoringImages.js';
import { loaderOf } from '../training/trainStage.js';

/** How fast this machine does the parts of a run; all in seconds. */
export interface Speed {
  /** Each level of the search. For levels after the first, the winner before is a random one. */
  readonly levels: readonly LevelSpeed[];
  /** A training step of a candidate near the limit, with the whole machine. */
  readonly step: number;
  /** The same when several are trained side by side: the time for all of them over their steps. */
  readonly sharedStep: number;
  /** Preparing the training and the evaluation of one network. */
  readonly setup: number;
  /** Evaluating one image. */
  readonly image: number;
}

export interface LevelSpeed {
  /** Preparing the supernet's training and the scoring. */
  readonly setup: number;
  /** A training step of the supernet. */
  readonly step: number;
  /** Scoring candidates side by side: the time for each image that one of them sees, those of its calibration included. */
  readonly scoredImage: number;
}

/** What a measurement needs of a run; the run folder need not exist yet. */
export type SpeedContext = Pick<
  SearchContext,
  'config' | 'device' | 'ranks' | 'unreadable' | 'rng' | 'latencyTable' | 'emit' | 'signal'
>;

/** Steps before measuring, and steps that are measured. The first steps are slower: memory is allocated, loaders start. */
const WARM_UP = 5;
const MEASURED = 25;

/** Candidates that each engine scores; the first one also makes the batches that all share, and counts as preparation. */
const SCORED = 3;

/** The most images that a candidate is scored on here, and that an evaluation takes. */
const IMAGES = 1000;

/**
 * Measures a machine's speed at a run's own work, in about a minute for the preset `cifar` on two cores. Leaves nothing
 * behind.
 */
export async function measureSpeed(context: SpeedContext, all: SearchData): Promise<Speed> {
  const { config, rng } = context;
  const backbone = backboneOf(config, all.classes.length);
  const draws = rng.fork('speed');
  const data: SearchData = { ...all, searchVal: sample(all.searchVal, IMAGES, draws.fork('images')) };
  const levels: LevelSpeed[] = [];
  let level = firstLevel(config);
  for (;;) {
    levels.push(await levelSpeed(context, supernet(backbone, level.space, config.space), data));
    if (level.next === undefined) break;
    level = level.next(samplePath(level.space, draws.fork(level.name)));
  }
  const [candidate] = randomCandidates(context, backbone, 1, draws.fork('candidate'));
  const network = plainNetwork(candidate);
  const path = candidate.blocks.map(() => 0);
  const { step, setup, state } = await trainingSpeed(context, network, data, config.retrain.recipe);
  const sharedStep = (await sharedTrainingSpeed(context, network, data)) ?? step;
  const began = performance.now();
  const held = evaluationBatches(data.searchVal, {
    batchSize: config.search.evaluationBatchSize,
    imageSize: network.backbone.imageSize,
    preprocessing: network.preprocessing,
    workers: config.data.workers,
    onUnreadable: context.unreadable.meet,
    signal: context.signal,
  });
  const evaluator = await Evaluator.create(context.device, network, held, context.signal);
  const compiled = performance.now();
  await evaluator.accuracy(state, path);
  const seconds = (performance.now() - compiled) / 1000;
  await evaluator.close();
  await held.close();
  state.free();
  return {
    levels,
    step,
    sharedStep,
    setup: setup + (compiled - began) / 1000,
    image: seconds / data.searchVal.labels.length,
  };
}

/** The images that a candidate sees while it is scored, of `held` held-out ones and for its calibration. */
export function imagesPerCandidate(config: Config, held: number): number {
  const { calibrationBatches, calibrationBatchSize } = config.search;
  return scoringCount(config, held) + calibrationBatches * calibrationBatchSize;
}

async function levelSpeed(context: SpeedContext, network: Network, data: SearchData): Promise<LevelSpeed> {
  const { config, rng } = context;
  const { step, setup, state } = await trainingSpeed(context, network, data, config.supernet);
  const weights = await state.weights();
  state.free();
  const began = performance.now();
  const { population: count, evaluationBatchSize } = config.search;
  const engines = await openEngines(context, { count, macs: evaluationBatchSize * largestMacs(network) });
  const scorer = new CandidateScorer(context, engines, network, weights, data, { rng: rng.fork('speed') });
  // Ranks share out what they score, so they must agree on how many that is.
  const first = (await agreed(context.ranks, () => engines.count)) * context.ranks.size;
  const paths = Array.from({ length: first * SCORED }, (_, at) =>
    samplePath(network.space, rng.fork('speed').fork(at)),
  );
  const score = async (scored: readonly Path[]): Promise<void> => {
    for await (const _ of scorer.measure(scored));
  };
  await score(paths.slice(0, first));
  const measured = performance.now();
  await score(paths.slice(first));
  const ended = performance.now();
  await scorer.close();
  await engines.close();
  const images = imagesPerCandidate(config, data.searchVal.labels.length);
  return {
    setup: setup + (measured - began) / 1000,
    step,
    scoredImage: (ended - measured) / 1000 / (paths.length - first) / images,
  };
}

/** The time of a step when successive halving trains networks side by side; undefined if it does not. */
async function sharedTrainingSpeed(
  context: SpeedContext,
  network: Network,
  data: SearchData,
): Promise<number | undefined> {
  const { recipe, halving } = context.config.retrain;
  const macs = macsOfStep(largestMacs(network), recipe.batchSize);
  const engines = await openTrainingEngines(context, { count: halving?.contenders ?? 1, macs });
  try {
    if (engines.count === 1) return undefined;
    const trained = engines.inOrder(Array.from({ length: engines.count }), async (_, device) => {
      const { step, state } = await trainingSpeed({ ...context, device }, network, data, recipe);
      state.free();
      return step;
    });
    let sum = 0;
    for await (const step of trained) sum += step;
    return sum / engines.count ** 2;
  } finally {
    await engines.close();
  }
}

/** Trains a few steps. The caller frees the state. */
async function trainingSpeed(
  context: SpeedContext,
  network: Network,
  data: SearchData,
  config: RecipeConfig,
): Promise<{ readonly step: number; readonly setup: number; readonly state: NetworkState }> {
  const rng = context.rng.fork('speed');
  const loader = loaderOf(context, network, data.train, config, rng);
  const began = performance.now();
  const times: number[] = [];
  try {
    const state = await train({
      device: context.device,
      ranks: context.ranks,
      network,
      loader,
      normalization: network.preprocessing,
      recipe: { ...recipeFor(config, loader.batchesPerEpoch), steps: WARM_UP + MEASURED },
      rng,
      signal: context.signal,
      onStep: () => times.push(performance.now()),
    });
    const step = (times[times.length - 1] - times[WARM_UP - 1]) / 1000 / MEASURED;
    return { step, setup: Math.max(0, (times[0] - began) / 1000 - step), state };
  } finally {
    await loader.close();
  }
}
