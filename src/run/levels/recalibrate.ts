import { trainingLoader, type Loader } from '../../loader/loader.js';
import type { Augmentation } from '../../image/augment/augmentation.js';
import type { Resampling } from '../../loader/decode.js';
import type { ImageSource } from '../../dataset/source.js';
import { stopIfAborted } from '../../errors.js';
import { CompiledProgram } from '../../program/compiled.js';
import { calibrationProgram, type NetworkFeed } from '../../program/evaluation.js';
import { pixelImages } from '../../program/images.js';
import { pathFeed, type Network } from '../../model/network.js';
import type { Rng } from '../../random/rng.js';
import type { Device } from '../../runtime/device.js';
import type { Path } from '../../space/space.js';
import { scalar, tensor } from '../../tensor/tensor.js';
import type { NetworkState } from '../../train/state.js';
import { repeated, type RepeatedBatches } from '../batches.js';
import type { UnreadableListener } from '../../loader/unreadable.js';

export interface CalibrationOptions {
  readonly batches: number;
  readonly batchSize: number;
  readonly augmentation: Augmentation;
  readonly rng: Rng;
  readonly resampling?: Resampling | undefined;
  readonly workers?: number | undefined;
  readonly onUnreadable?: UnreadableListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Recomputes a path's BatchNorm statistics. A supernet's running statistics mix those of all paths; SPOS (section 3.4)
 * therefore recomputes them for each candidate from training images before scoring it. All candidates see the same
 * batches; the statistics are the plain average over them.
 */
export class Recalibrator {
  private constructor(
    private readonly network: Network,
    private readonly program: CompiledProgram<NetworkFeed | 'momentum', never> | undefined,
    private readonly loader: Loader,
    private readonly batches: RepeatedBatches,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** `source` has training images, never those that candidates are scored on. */
  static async create(
    device: Device,
    network: Network,
    source: ImageSource,
    options: CalibrationOptions,
  ): Promise<Recalibrator> {
    const { imageSize } = network.backbone;
    const { batchSize, augmentation, rng, resampling, workers, onUnreadable, signal } = options;
    const loader = trainingLoader(source, {
      imageSize,
      batchSize,
      augmentation,
      rng,
      resampling,
      framing: network.preprocessing,
      workers,
      onUnreadable,
    });
    const images = pixelImages(batchSize, imageSize, network.preprocessing, loader.pixels);
    const model = calibrationProgram(network, images);
    const program = model === undefined ? undefined : await CompiledProgram.compile(device, model, 'recalibration');
    const first = async function* () {
      let count = 0;
      for await (const batch of loader.from(0, { signal })) {
        yield batch;
        if (++count === options.batches) return;
      }
    };
    return new Recalibrator(network, program, loader, repeated(first, options.batches * batchSize, imageSize), signal);
  }

  /** Replaces the statistics of the path's choices in `state`. */
  async recalibrate(state: NetworkState, path: Path): Promise<void> {
    if (this.program === undefined) return;
    const { imageSize } = this.network.backbone;
    const program = this.program.on(state.at(path));
    // A path with only attention has no statistics.
    if (!program.changesState) return;
    const chosen = pathFeed(this.network, path);
    let seen = 0;
    let last: Promise<unknown> = Promise.resolve();
    for await (const batch of this.batches) {
      stopIfAborted(this.signal);
      await last;
      // Momentum 1/n for the n-th batch gives the average over all.
      const momentum = scalar(1 / ++seen);
      const images = tensor(this.loader.pixels, [batch.size, 3, imageSize, imageSize], batch.images);
      last = program.run({ images, path: chosen, momentum });
    }
    await last;
  }

  async close(): Promise<void> {
    await this.loader.close();
    await this.program?.release();
  }
}
