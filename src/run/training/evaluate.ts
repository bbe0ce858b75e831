import { stopIfAborted } from '../../errors.js';
import { CompiledProgram } from '../../program/compiled.js';
import { evaluationProgram, type NetworkFeed } from '../../program/evaluation.js';
import { pixelImages } from '../../program/images.js';
import { pathFeed, type Network } from '../../model/network.js';
import type { Device } from '../../runtime/device.js';
import type { Path } from '../../space/space.js';
import { tensor, type Tensor } from '../../tensor/tensor.js';
import { countCorrect } from '../../train/loop.js';
import { summedLoss } from '../../train/loss.js';
import type { NetworkState } from '../../train/state.js';
import type { FixedBatches } from './batches.js';

/** How a network does on images. */
export interface Measured {
  /** Top-1 accuracy, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross entropy. */
  readonly loss: number;
}

/** Measures the top-1 accuracy and the loss of paths through one network on one set of images. */
export class Evaluator {
  private constructor(
    private readonly network: Network,
    private readonly program: CompiledProgram<NetworkFeed, 'logits'>,
    private readonly batches: FixedBatches,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The caller closes the batches. */
  static async create(
    device: Device,
    network: Network,
    batches: FixedBatches,
    signal?: AbortSignal,
  ): Promise<Evaluator> {
    const { batchSize, imageSize } = batches.shape;
    const images = pixelImages(batchSize, imageSize, network.preprocessing);
    const program = await CompiledProgram.compile(device, evaluationProgram(network, images), 'evaluation');
    return new Evaluator(network, program, batches, signal);
  }

  /** Correct images over readable images, for the network of `path` with the weights and statistics of `state`. */
  async accuracy(state: NetworkState, path: Path): Promise<number> {
    return (await this.measure(state, path)).accuracy;
  }

  /** The same with the loss. */
  async measure(state: NetworkState, path: Path): Promise<Measured> {
    const { batchSize, imageSize } = this.batches.shape;
    const program = this.program.on(state.at(path));
    const chosen = pathFeed(this.network, path);
    const parts: Promise<{ readonly correct: number; readonly loss: number }>[] = [];
    let images = 0;
    for await (const batch of this.batches) {
      stopIfAborted(this.signal);
      // The program has a fixed batch size: pad a shorter last batch and do not count the padding.
      const full = new Uint8Array((batch.images.length / batch.size) * batchSize);
      full.set(batch.images);
      const pixels = tensor('uint8', [batchSize, 3, imageSize, imageSize], full);
      const result = program.run({ images: pixels, path: chosen }, { transfer: ['images'] });
      const counted = result.then((results) => {
        const logits = results.logits as Tensor<'float32'>;
        return { correct: countCorrect(logits, batch.labels), loss: summedLoss(logits, batch.labels) };
      });
      // It is awaited later; a failure before that must not end the process.
      counted.catch(() => undefined);
      parts.push(counted);
      images += batch.size;
      // One run in flight and one queued keep the device busy without piling up batches.
      if (parts.length > 1) await parts[parts.length - 2];
    }
    const total = { correct: 0, loss: 0 };
    for (const { correct, loss } of await Promise.all(parts)) {
      total.correct += correct;
      total.loss += loss;
    }
    return { accuracy: total.correct / images, loss: total.loss / images };
  }

  close(): Promise<void> {
    return this.program.release();
  }
}
