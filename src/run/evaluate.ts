import { evaluationLoader, type Loader } from '../loader/loader.js';
import type { ImageSource } from '../dataset/source.js';
import { stopIfAborted } from '../errors.js';
import { CompiledProgram } from '../program/compiled.js';
import { evaluationProgram, type NetworkFeed } from '../program/evaluation.js';
import { pixelImages } from '../program/images.js';
import { pathFeed, type Network } from '../model/network.js';
import type { Device } from '../runtime/device.js';
import type { Path } from '../space/space.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { countCorrect } from '../train/loop.js';
import type { NetworkState } from '../train/state.js';
import { repeated, type RepeatedBatches } from './batches.js';
import type { UnreadableListener } from '../loader/unreadable.js';

export interface EvaluatorOptions {
  readonly batchSize: number;
  readonly workers?: number | undefined;
  readonly onUnreadable?: UnreadableListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Measures the top-1 accuracy of paths through one network on one set of images. */
export class Evaluator {
  private constructor(
    private readonly network: Network,
    private readonly program: CompiledProgram<NetworkFeed, 'logits'>,
    private readonly loader: Loader,
    private readonly batches: RepeatedBatches,
    private readonly options: EvaluatorOptions,
  ) {}

  static async create(
    device: Device,
    network: Network,
    source: ImageSource,
    options: EvaluatorOptions,
  ): Promise<Evaluator> {
    const { imageSize } = network.backbone;
    const { batchSize, workers, onUnreadable, signal } = options;
    const images = pixelImages(batchSize, imageSize, network.preprocessing);
    const program = await CompiledProgram.compile(device, evaluationProgram(network, images), 'evaluation');
    const loader = evaluationLoader(source, {
      imageSize,
      batchSize,
      framing: network.preprocessing,
      workers,
      onUnreadable,
    });
    const batches = repeated(() => loader.epoch(0, { signal }), source.labels.length, imageSize);
    return new Evaluator(network, program, loader, batches, options);
  }

  /** Correct images over readable images, for the network of `path` with the weights and statistics of `state`. */
  async accuracy(state: NetworkState, path: Path): Promise<number> {
    const { imageSize } = this.network.backbone;
    const { batchSize, signal } = this.options;
    const program = this.program.on(state.at(path));
    const chosen = pathFeed(this.network, path);
    const counts: Promise<number>[] = [];
    let images = 0;
    for await (const batch of this.batches) {
      stopIfAborted(signal);
      // The program has a fixed batch size: pad a shorter last batch and do not count the padding.
      const full = new Uint8Array((batch.images.length / batch.size) * batchSize);
      full.set(batch.images);
      const pixels = tensor('uint8', [batchSize, 3, imageSize, imageSize], full);
      const result = program.run({ images: pixels, path: chosen }, { transfer: ['images'] });
      counts.push(result.then(({ logits }) => countCorrect(logits as Tensor<'float32'>, batch.labels)));
      images += batch.size;
      // One run in flight and one queued keep the device busy without piling up batches.
      if (counts.length > 1) await counts[counts.length - 2];
    }
    const correct = (await Promise.all(counts)).reduce((total, part) => total + part, 0);
    return correct / images;
  }

  async close(): Promise<void> {
    await this.loader.close();
    await this.program.release();
  }
}
