import { sharedOut } from '../../comm/exchange.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { Network } from '../../model/network.js';
import type { Rng } from '../../random/rng.js';
import type { Device } from '../../runtime/device.js';
import type { Engines } from '../../runtime/engines.js';
import type { Path } from '../../space/space.js';
import { NetworkState, type Weights } from '../../train/state.js';
import { drawnBatches, evaluationBatches, type FixedBatches } from '../training/batches.js';
import type { SearchContext } from '../context.js';
import { Evaluator, type Measured } from '../training/evaluate.js';
import { Recalibrator } from './recalibrate.js';
import { scoringImages } from './scoringImages.js';

export interface ScorerOptions {
  /** The stream of the level's search; the images to calibrate and to score on are drawn from it. */
  readonly rng: Rng;
  /** Training batches to recompute BatchNorm statistics from; 0 keeps the supernet's. Default: the run's setting. */
  readonly calibrationBatches?: number;
}

/** What scoring needs of a run. */
export type ScorerContext = Pick<SearchContext, 'config' | 'ranks' | 'unreadable' | 'signal'>;

/** What the batches of a calibration need of a run. */
export type CalibrationContext = Omit<ScorerContext, 'ranks'>;

/** What each rank scores at a time; then rank 0 can record it. */
const CANDIDATES_PER_EXCHANGE = 8;

/**
 * The training batches from which a search recomputes the BatchNorm statistics of all its candidates; undefined if the
 * supernet's are kept. The caller closes them.
 */
export function calibrationBatches(
  { config, unreadable, signal }: CalibrationContext,
  network: Network,
  { train }: Pick<SearchData, 'train'>,
  { rng, calibrationBatches: batches = config.search.calibrationBatches }: ScorerOptions,
): FixedBatches | undefined {
  if (batches === 0) return undefined;
  const { randomErasing: _, mixing: __, ...augmentation } = config.supernet.augmentation;
  return drawnBatches(train, {
    batches,
    batchSize: config.search.calibrationBatchSize,
    imageSize: network.backbone.imageSize,
    preprocessing: network.preprocessing,
    augmentation,
    rng: rng.fork('calibration'),
    resampling: config.data.resampling,
    workers: config.data.workers,
    onUnreadable: unreadable.meet,
    signal,
  });
}

/**
 * Scores the candidates of a level: the accuracy of a path's inherited weights on held-out images, after its BatchNorm
 * statistics were recomputed from training images (SPOS, section 3.4). Each engine has its own copy of the supernet;
 * they share the images.
 */
export class CandidateScorer {
  private readonly held: FixedBatches;
  private readonly calibration: FixedBatches | undefined;
  private readonly ready = new Map<Device, Promise<EngineScorer>>();

  /** `weights` are the trained supernet's. The caller closes the engines. */
  constructor(
    private readonly context: ScorerContext,
    private readonly engines: Engines,
    private readonly network: Network,
    private readonly weights: Weights,
    data: SearchData,
    options: ScorerOptions,
  ) {
    const { config, unreadable, signal } = context;
    this.held = evaluationBatches(scoringImages(config, data, options.rng), {
      batchSize: config.search.evaluationBatchSize,
      imageSize: network.backbone.imageSize,
      preprocessing: network.preprocessing,
      workers: config.data.workers,
      onUnreadable: unreadable.meet,
      signal,
    });
    this.calibration = calibrationBatches(context, network, data, options);
  }

  /**
   * The fitness of candidates in their order, 0 to 1, and the mean cross entropy on the same images. They are scored
   * side by side, on the engines of all ranks.
   */
  async *measure(paths: readonly Path[]): AsyncGenerator<Measured, void, undefined> {
    const { ranks } = this.context;
    if (ranks.size === 1) {
      yield* this.measureHere(paths);
      return;
    }
    const most = ranks.size * CANDIDATES_PER_EXCHANGE;
    for (let start = 0; start < paths.length; start += most) {
      yield* await sharedOut(ranks, paths.slice(start, start + most), async (share) => {
        const scores: Measured[] = [];
        for await (const score of this.measureHere(share)) scores.push(score);
        return scores;
      });
    }
  }

  private measureHere(paths: readonly Path[]): AsyncGenerator<Measured, void, undefined> {
    return this.engines.inOrder(paths, async (path, device) => {
      let scorer = this.ready.get(device);
      if (scorer === undefined) {
        scorer = this.prepare(device);
        this.ready.set(device, scorer);
      }
      return (await scorer).measure(path);
    });
  }

  /** Frees the engines' memory and ends the loaders' threads, after the scores asked for. */
  async close(): Promise<void> {
    for (const scorer of this.ready.values()) await (await scorer.catch(() => undefined))?.close();
    await this.held.close();
    await this.calibration?.close();
  }

  private async prepare(device: Device): Promise<EngineScorer> {
    const { network, weights, held, calibration } = this;
    const { signal } = this.context;
    return new EngineScorer(
      await NetworkState.load(device, network, weights),
      await Evaluator.create(device, network, held, signal),
      calibration && (await Recalibrator.create(device, network, calibration, signal)),
    );
  }
}

/** Scores candidates one after another, on one engine. */
class EngineScorer {
  constructor(
    private readonly state: NetworkState,
    private readonly evaluator: Evaluator,
    private readonly recalibrator: Recalibrator | undefined,
  ) {}

  async measure(path: Path): Promise<Measured> {
    await this.recalibrator?.recalibrate(this.state, path);
    return this.evaluator.measure(this.state, path);
  }

  async close(): Promise<void> {
    await this.evaluator.close();
    await this.recalibrator?.close();
    this.state.free();
  }
}
