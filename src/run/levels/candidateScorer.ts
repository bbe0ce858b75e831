import type { SearchData } from '../../dataset/dataset.js';
import type { Network } from '../../model/network.js';
import type { Rng } from '../../random/rng.js';
import type { Path } from '../../space/space.js';
import type { NetworkState } from '../../train/state.js';
import type { SearchContext } from '../context.js';
import { Evaluator, type Measured } from '../evaluate.js';
import { Recalibrator } from './recalibrate.js';

export interface ScorerOptions {
  /** The stream of the level's search; calibration images are drawn from it. */
  readonly rng: Rng;
  /** Training batches to recompute BatchNorm statistics from; 0 keeps the supernet's. Default: the run's setting. */
  readonly calibrationBatches?: number;
}

/** What scoring needs of a run. */
export type ScorerContext = Pick<SearchContext, 'config' | 'device' | 'unreadable' | 'signal'>;

/**
 * Recomputes the BatchNorm statistics of candidates as their search does; the caller closes it. Undefined if the
 * supernet's are kept.
 */
export async function candidateRecalibrator(
  { config, device, unreadable, signal }: ScorerContext,
  network: Network,
  data: Pick<SearchData, 'train'>,
  { rng, calibrationBatches = config.search.calibrationBatches }: ScorerOptions,
): Promise<Recalibrator | undefined> {
  if (calibrationBatches === 0) return undefined;
  const { randomErasing: _, mixing: __, ...augmentation } = config.supernet.augmentation;
  return Recalibrator.create(device, network, data.train, {
    batches: calibrationBatches,
    batchSize: config.search.calibrationBatchSize,
    augmentation,
    rng: rng.fork('calibration'),
    resampling: config.data.resampling,
    workers: config.data.workers,
    onUnreadable: unreadable.meet,
    signal,
  });
}

/**
 * Scores the candidates of a level: the accuracy of a path's inherited weights on `searchVal`, after its BatchNorm
 * statistics were recomputed from training images (SPOS, section 3.4).
 */
export class CandidateScorer {
  private constructor(
    private readonly state: NetworkState,
    private readonly evaluator: Evaluator,
    private readonly recalibrator: Recalibrator | undefined,
  ) {}

  /** `state` is the trained supernet's. Recalibration replaces statistics in it; the caller frees it. */
  static async create(
    context: ScorerContext,
    network: Network,
    state: NetworkState,
    data: SearchData,
    options: ScorerOptions,
  ): Promise<CandidateScorer> {
    const { config, device, unreadable, signal } = context;
    const evaluator = await Evaluator.create(device, network, data.searchVal, {
      batchSize: config.search.evaluationBatchSize,
      workers: config.data.workers,
      onUnreadable: unreadable.meet,
      signal,
    });
    return new CandidateScorer(state, evaluator, await candidateRecalibrator(context, network, data, options));
  }

  /** The candidate's fitness: top-1 accuracy, 0 to 1. */
  async fitness(path: Path): Promise<number> {
    return (await this.measure(path)).accuracy;
  }

  /** The fitness, and the mean cross entropy on the same images. */
  async measure(path: Path): Promise<Measured> {
    await this.recalibrator?.recalibrate(this.state, path);
    return this.evaluator.measure(this.state, path);
  }

  async close(): Promise<void> {
    await this.evaluator.close();
    await this.recalibrator?.close();
  }
}
