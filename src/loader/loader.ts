import { availableParallelism } from 'node:os';
import { Interrupted, stopIfAborted, UserError } from '../errors.js';
import type { Key } from '../random/key.js';
import type { Rng } from '../random/rng.js';
import { checkAugmentation, isMadeOfBytes, NO_AUGMENTATION } from '../image/augment/augmentation.js';
import type { Augmentation } from '../image/augment/augmentation.js';
import type { Noise } from '../image/augment/randomErasing.js';
import { USUAL_FRAMING, type Framing } from '../image/framing.js';
import { bytesOfBatch } from './batch.js';
import type { BatchJob, BatchRecipe, MadeBatch, PixelArrays, PixelType } from './batch.js';
import type { Resampling } from './decode.js';
import { inThread, inWorkers } from './maker.js';
import type { BatchMaker } from './maker.js';
import { officialRepeatedPlan, orderedPlan, repeatedPlan } from './plan.js';
import type { BatchPlan } from './plan.js';
import { isStored } from '../dataset/source.js';
import type { ImageSource } from '../dataset/source.js';
import type { Unreadable } from './views.js';

export type { PixelType } from './batch.js';
export type { Unreadable } from './views.js';

/** Images and their labels. */
export interface Batch<T extends PixelType = PixelType> {
  /**
   * [B, 3, size, size], row-major, values from 0 to 255; in shared memory, or in their own memory, which the receiver
   * may transfer.
   */
  readonly images: PixelArrays[T];
  /** [B] */
  readonly labels: BigInt64Array<ArrayBuffer>;
  /** B */
  readonly size: number;
  /**
   * How the images were mixed; absent: not at all. If mixed, image i and its label are partly those of image B − 1 − i.
   */
  readonly mix?: MadeBatch['mix'];
}

export interface StreamOptions {
  /** Ends a stream of batches early: when aborted, it throws Interrupted. */
  readonly signal?: AbortSignal | undefined;
  /** For a stream that begins with an optimizer step's first batch: which of every step's batches it has. Default: all. */
  readonly share?: StepShare | undefined;
}

/** A part of every step's batches: of `of` batches, `count` in a row from `first` on. */
export interface StepShare {
  readonly first: number;
  readonly count: number;
  readonly of: number;
}

/** Provides the batches of one split, made ahead of time. Streams may run in parallel and be abandoned at any point. */
export interface Loader<T extends PixelType = PixelType> {
  readonly batchesPerEpoch: number;
  readonly pixels: T;
  /** Seconds that receivers have waited for batches so far, summed over all streams. */
  readonly waited: number;
  /** The batches of epoch 0, 1, 2, ... */
  epoch(epoch: number, options?: StreamOptions): AsyncGenerator<Batch<T>, void, undefined>;
  /** The batches of step `step`, `step + 1`, ..., endlessly; step s is batch s mod batchesPerEpoch of its epoch. */
  from(step: number, options?: StreamOptions): AsyncGenerator<Batch<T>, void, undefined>;
  /**
   * Returns a batch that is no longer read, to reuse its memory. Optional. The loader lends a few shared buffers; later
   * batches own theirs.
   */
  reuse(batch: Batch<T>): void;
  /** Ends the worker threads; open streams throw. */
  close(): Promise<void>;
}

/** Settings that training and evaluation share. */
export interface LoaderOptions {
  /** Side of the square images, in pixels. */
  readonly imageSize: number;
  readonly batchSize: number;
  /** How to resize images that are not decoded yet. Default: `pillow`. */
  readonly resampling?: Resampling | undefined;
  /** The view of images that are not randomly cropped. Default: {@link USUAL_FRAMING}. */
  readonly framing?: Framing | undefined;
  /** Worker threads; with 0 the calling thread does the work. Does not affect the batches. */
  readonly workers?: number | undefined;
  /** Batches to make ahead of the receiver. */
  readonly prefetch?: number | undefined;
  /** Called once per unreadable image, however often it is met. */
  readonly onUnreadable?: ((image: Unreadable) => void) | undefined;
}

/** Settings of {@link trainingLoader}. */
export interface TrainingLoaderOptions extends LoaderOptions {
  readonly rng: Rng;
  readonly augmentation: Augmentation;
  /** The images' normalisation, so that erased parts become standard normal noise. Default: they become black. */
  readonly noise?: Noise | undefined;
  /** Repeated augmentation: how often an epoch shows each of its images. Default: once. */
  readonly repeats?: number | undefined;
  /** Whether to choose repeated images like DeiT's script; see officialRepeatedPlan. */
  readonly officialRepeats?: boolean | undefined;
}

/**
 * Batches for training: reshuffled every epoch, always full, augmented. The batch of a step depends only on the source,
 * the settings, `rng` and the step. The next readable image of the batch replaces an unreadable one, so the number of
 * steps never changes.
 *
 * Throws a UserError when there are fewer images than a batch needs or the augmentation is invalid; the stream throws
 * one when no image of a batch can be read.
 */
export function trainingLoader(source: ImageSource, options: TrainingLoaderOptions): Loader {
  const { imageSize, batchSize, rng, augmentation, noise = BLACK, repeats = 1, officialRepeats = false } = options;
  checkAugmentation(augmentation, imageSize);
  const planned = officialRepeats ? officialRepeatedPlan : repeatedPlan;
  const plan = planned(source.labels.length, batchSize, rng.fork('order'), repeats);
  const pixels = isMadeOfBytes(augmentation) ? 'uint8' : 'float32';
  return new PlannedLoader(
    source,
    plan,
    { size: imageSize, augmentation, pixels, noise, key: keyFrom(rng.fork('augmentation')), refill: true },
    options,
  );
}

/**
 * Batches for evaluation: all images in order, central view, nothing random; the last batch may be smaller. Unreadable
 * images are skipped, which makes their batch smaller; empty batches are dropped.
 */
export function evaluationLoader(source: ImageSource, options: LoaderOptions): Loader<'uint8'> {
  const batchSize = Math.max(1, Math.min(options.batchSize, source.labels.length));
  const plan = orderedPlan(source.labels.length, batchSize);
  return new PlannedLoader(
    source,
    plan,
    {
      size: options.imageSize,
      augmentation: NO_AUGMENTATION,
      pixels: 'uint8',
      noise: BLACK,
      key: [0, 0, 0, 0],
      refill: false,
    },
    { ...options, batchSize },
  );
}

const WHOLE: StepShare = { first: 0, count: 1, of: 1 };

/** No noise: erase to black. */
const BLACK: Noise = { mean: [0, 0, 0], std: [0, 0, 0] };

/** The stream's key, from which a worker thread can derive the stream's children. */
function keyFrom(rng: Rng): Key {
  const word = (): number => rng.int(2 ** 32);
  return [word(), word(), word(), word()];
}

const MOST_WORKERS = 8;
const LEAST_PREFETCH = 4;
/** Batches that a receiver holds at a time: one on the device, and the next. */
const IN_USE = 2;

class PlannedLoader<T extends PixelType> implements Loader<T> {
  readonly pixels: T;
  readonly #source: ImageSource;
  readonly #plan: BatchPlan;
  readonly #maker: BatchMaker<T>;
  readonly #prefetch: number;
  readonly #refill: boolean;
  readonly #onUnreadable: (image: Unreadable) => void;
  readonly #named = new Set<string>();
  readonly #memoryBytes: number;
  readonly #spare: SharedArrayBuffer[] = [];
  readonly #lent = new WeakMap<Batch<T>, SharedArrayBuffer>();
  #memories = 0;
  #waited = 0;

  constructor(
    source: ImageSource,
    plan: BatchPlan,
    recipe: Omit<BatchRecipe<T>, 'store' | 'resampling' | 'framing'>,
    options: LoaderOptions,
  ) {
    const store = isStored(source) ? source.store : undefined;
    const { resampling = 'pillow', framing = USUAL_FRAMING } = options;
    const complete = { ...recipe, store, resampling, framing };
    const workers = options.workers ?? usefulWorkers(complete);
    this.pixels = recipe.pixels;
    this.#memoryBytes = bytesOfBatch(complete, options.batchSize);
    this.#source = source;
    this.#plan = plan;
    this.#refill = recipe.refill;
    this.#maker = workers === 0 ? inThread(complete) : inWorkers(complete, workers);
    this.#prefetch = options.prefetch ?? Math.max(LEAST_PREFETCH, 2 * workers);
    this.#onUnreadable = options.onUnreadable ?? (() => undefined);
  }

  get batchesPerEpoch(): number {
    return this.#plan.batchesPerEpoch;
  }

  get waited(): number {
    return this.#waited;
  }

  epoch(epoch: number, { signal }: StreamOptions = {}): AsyncGenerator<Batch<T>, void, undefined> {
    const first = epoch * this.batchesPerEpoch;
    return this.#stream((at) => first + at, this.batchesPerEpoch, signal);
  }

  from(
    step: number,
    { signal, share: { first, count, of } = WHOLE }: StreamOptions = {},
  ): AsyncGenerator<Batch<T>, void, undefined> {
    const numberOf = (at: number): number => step + Math.floor(at / count) * of + first + (at % count);
    return this.#stream(numberOf, Infinity, signal);
  }

  reuse(batch: Batch<T>): void {
    const memory = this.#lent.get(batch);
    // Accept a batch only once, or two batches would share its memory.
    if (this.#lent.delete(batch)) this.#takeBack(memory);
  }

  close(): Promise<void> {
    return this.#maker.close();
  }

  /** The batches with the numbers that `numberOf` gives for 0 ... count - 1. */
  async *#stream(
    numberOf: (at: number) => number,
    count: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Batch<T>, void, undefined> {
    const ahead: Begun<T>[] = [];
    try {
      for (let next = 0; ;) {
        stopIfAborted(signal);
        while (ahead.length < this.#prefetch && next < count) ahead.push(this.#begin(numberOf(next++)));
        if (ahead.length === 0) return;
        const [{ job, made: making }] = ahead;
        const asked = performance.now();
        const made = await untilAborted(making, signal);
        ahead.shift();
        this.#waited += (performance.now() - asked) / 1000;
        this.#report(made.unreadable);
        const batch = this.#labelled(job, made);
        // Smaller batches own their memory.
        if (made.images.buffer instanceof SharedArrayBuffer && job.memory !== undefined)
          this.#lent.set(batch, job.memory);
        else this.#takeBack(job.memory);
        if (batch.size > 0) yield batch;
        else if (this.#refill) throw noneReadable(made.unreadable);
      }
    } finally {
      // These are no longer needed, but still being made.
      for (const { job, made } of ahead) {
        made.then(
          () => this.#takeBack(job.memory),
          () => undefined,
        );
      }
    }
  }

  #begin(step: number): Begun<T> {
    const indices = this.#plan.indicesOf(step);
    const source = this.#source;
    const images = isStored(source)
      ? indices.map((index) => source.rows[index])
      : Array.from(indices, (index) => source.encoded(index));
    const job = { step, images, indices, memory: this.#memory() };
    const made = this.#maker.make({ step, images, memory: job.memory });
    // An abandoned stream never awaits the batches it has ahead.
    made.catch(() => undefined);
    return { job, made };
  }

  /**
   * Memory for the next batch. Shared memory is allocated once, while transferred memory counts as new in each thread
   * and triggers garbage collection. But shared memory is not counted at all, so there must not be much of it.
   */
  #memory(): SharedArrayBuffer | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined || this.#memories >= this.#prefetch + IN_USE) return spare;
    this.#memories++;
    return new SharedArrayBuffer(this.#memoryBytes);
  }

  #takeBack(memory: SharedArrayBuffer | undefined): void {
    if (memory !== undefined) this.#spare.push(memory);
  }

  #labelled({ indices }: Job, { images, places, mix }: MadeBatch<T>): Batch<T> {
    const labels = BigInt64Array.from(places, (slot) => BigInt(this.#source.labels[indices[slot]]));
    return { images, labels, size: places.length, mix };
  }

  #report(unreadable: readonly Unreadable[]): void {
    for (const image of unreadable) {
      if (this.#named.has(image.file)) continue;
      this.#named.add(image.file);
      this.#onUnreadable(image);
    }
  }
}

interface Job extends BatchJob {
  readonly indices: Int32Array;
}

/** A batch that is being made ahead of time. */
interface Begun<T extends PixelType> {
  readonly job: Job;
  readonly made: Promise<MadeBatch<T>>;
}

/** One thread copies stored images faster than any network consumes them; decoding gets all spare cores. */
function usefulWorkers({ store, size, augmentation }: BatchRecipe): number {
  if (store?.size === size && augmentation.randomResizedCrop === undefined) return 1;
  return Math.max(1, Math.min(MOST_WORKERS, availableParallelism() - 1));
}

function noneReadable([first]: readonly Unreadable[]): UserError {
  return new UserError(`no image of a batch can be read; the first is ${first?.file}: ${first?.reason}`);
}

/** Settles as `promise` does, or rejects with Interrupted as soon as `signal` is aborted. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new Interrupted());
    };
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
