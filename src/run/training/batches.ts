import type { Augmentation } from '../../image/augment/augmentation.js';
import type { Preprocessing } from '../../family/preprocessing.js';
import type { ImageSource } from '../../dataset/source.js';
import type { Resampling } from '../../loader/decode.js';
import { evaluationLoader, trainingLoader, type Batch, type Loader } from '../../loader/loader.js';
import { bytesOf } from '../../image/image.js';
import type { UnreadableListener } from '../../loader/unreadable.js';
import type { Rng } from '../../random/rng.js';

/** The memory limit for caching the batches that every candidate sees. */
const KEPT_BYTES = 2 ** 30;

/**
 * A fixed series of batches on which many networks are measured, one after another or side by side. It is cached if it
 * takes little memory, else made again for each of them.
 */
export class FixedBatches {
  private kept: AsyncIterable<Batch> | undefined;

  /** `images` is the number of images in the series. The series closes the loader. */
  constructor(
    private readonly loader: Loader,
    private readonly make: () => AsyncGenerator<Batch, void, undefined>,
    readonly shape: { readonly images: number; readonly batchSize: number; readonly imageSize: number },
  ) {}

  /** The type of the batches' pixels. */
  get pixels(): Loader['pixels'] {
    return this.loader.pixels;
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    const { images, imageSize } = this.shape;
    if (images * bytesOf(imageSize) > KEPT_BYTES) return this.make();
    this.kept ??= cached(this.make());
    return this.kept[Symbol.asyncIterator]();
  }

  /** Ends the loader's threads. */
  close(): Promise<void> {
    return this.loader.close();
  }
}

/** The values of a generator, for any number of readers at once; each value is made when the first of them needs it. */
function cached<T>(values: AsyncGenerator<T, void, undefined>): AsyncIterable<T> {
  const made: Promise<IteratorResult<T, void>>[] = [];
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at++) {
        // A generator answers its calls one after another, so the promises are in order.
        const { done, value } = await (made[at] ??= values.next());
        if (done === true) return;
        yield value;
      }
    },
  };
}

/** Settings of a fixed series of batches. */
export interface FixedBatchesOptions {
  readonly batchSize: number;
  readonly imageSize: number;
  /** How the networks want their images. */
  readonly preprocessing: Preprocessing;
  readonly workers?: number | undefined;
  readonly onUnreadable?: UnreadableListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All images of `source` in order, in their central view; the last batch may be smaller. */
export function evaluationBatches(source: ImageSource, options: FixedBatchesOptions): FixedBatches {
  const { batchSize, imageSize, preprocessing, workers, onUnreadable, signal } = options;
  const loader = evaluationLoader(source, { imageSize, batchSize, framing: preprocessing, workers, onUnreadable });
  const shape = { images: source.labels.length, batchSize, imageSize };
  return new FixedBatches(loader, () => loader.epoch(0, { signal }), shape);
}

/** How training images are drawn. */
export interface DrawnBatchesOptions extends FixedBatchesOptions {
  readonly batches: number;
  readonly augmentation: Augmentation;
  readonly rng: Rng;
  readonly resampling?: Resampling | undefined;
}

/** The first full batches of a training on `source`, augmented. */
export function drawnBatches(source: ImageSource, options: DrawnBatchesOptions): FixedBatches {
  const { batches, batchSize, imageSize, preprocessing, signal, ...rest } = options;
  const loader = trainingLoader(source, { imageSize, batchSize, framing: preprocessing, ...rest });
  const first = async function* (): AsyncGenerator<Batch, void, undefined> {
    let count = 0;
    for await (const batch of loader.from(0, { signal })) {
      yield batch;
      if (++count === batches) return;
    }
  };
  return new FixedBatches(loader, first, { images: batches * batchSize, batchSize, imageSize });
}
