import { stopIfAborted } from '../../errors.js';
import { CompiledProgram } from '../../program/compiled.js';
import { calibrationProgram, type NetworkFeed } from '../../program/evaluation.js';
import { pixelImages } from '../../program/images.js';
import { pathFeed, type Network } from '../../model/network.js';
import type { Device } from '../../runtime/device.js';
import type { Path } from '../../space/space.js';
import { scalar, tensor } from '../../tensor/tensor.js';
import type { NetworkState } from '../../train/state.js';
import type { FixedBatches } from '../training/batches.js';

/**
 * Recomputes a path's BatchNorm statistics. A supernet's running statistics mix those of all paths; SPOS (section 3.4)
 * therefore recomputes them for each candidate from training images before scoring it. All candidates see the same
 * batches; the statistics are the plain average over them.
 */
export class Recalibrator {
  private constructor(
    private readonly network: Network,
    private readonly program: CompiledProgram<NetworkFeed | 'momentum', never> | undefined,
    private readonly batches: FixedBatches,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** `batches` have training images, never those that candidates are scored on; the caller closes them. */
  static async create(
    device: Device,
    network: Network,
    batches: FixedBatches,
    signal?: AbortSignal,
  ): Promise<Recalibrator> {
    const { batchSize, imageSize } = batches.shape;
    const images = pixelImages(batchSize, imageSize, network.preprocessing, batches.pixels);
    const model = calibrationProgram(network, images);
    const program = model === undefined ? undefined : await CompiledProgram.compile(device, model, 'recalibration');
    return new Recalibrator(network, program, batches, signal);
  }

  /** Replaces the statistics of the path's choices in `state`. */
  async recalibrate(state: NetworkState, path: Path): Promise<void> {
    if (this.program === undefined) return;
    const { imageSize } = this.batches.shape;
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
      const images = tensor(this.batches.pixels, [batch.size, 3, imageSize, imageSize], batch.images);
      last = program.run({ images, path: chosen, momentum });
      // It is awaited with the next batch; a failure before that must not end the process.
      last.catch(() => undefined);
    }
    await last;
  }

  async close(): Promise<void> {
    await this.program?.release();
  }
}
