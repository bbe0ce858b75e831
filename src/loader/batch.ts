import type { Key } from '../random/key.js';
import { Rng } from '../random/rng.js';
import { augment } from '../image/augment/augmentation.js';
import { randomErasing } from '../image/augment/randomErasing.js';
import type { Noise } from '../image/augment/randomErasing.js';
import { drawMix, fillMixed } from '../image/augment/mixing.js';
import type { Mix } from '../image/augment/mixing.js';
import { bytesOf } from '../image/image.js';
import type { Image } from '../image/image.js';
import type { EncodedImage } from '../dataset/source.js';
import { isUnreadable, runsOf, viewsOf } from './views.js';
import type { Unreadable, ViewSettings } from './views.js';

/** The type of a batch's pixels: bytes, or float32 if images are mixed or parts replaced by noise. */
export type PixelType = 'uint8' | 'float32';

/** The array of each type of pixels. */
export interface PixelArrays {
  readonly uint8: Uint8Array;
  readonly float32: Float32Array;
}

/** The settings for all batches of a loader. Plain data: worker threads receive it when they start. */
export interface BatchRecipe<T extends PixelType = PixelType> extends ViewSettings {
  /** float32 if the augmentation does not produce bytes; see isMadeOfBytes. */
  readonly pixels: T;
  /** The normalisation of images, which also scales the noise of random erasing. */
  readonly noise: Noise;
  /** The random stream of the augmentation. */
  readonly key: Key;
  /** Whether the next readable image of the batch replaces an unreadable one, or it is skipped. */
  readonly refill: boolean;
}

/** One batch to make: the step, which names its random draws, and its images, encoded or rows of the store. */
export interface BatchJob {
  readonly step: number;
  readonly images: readonly EncodedImage[] | Int32Array;
  /** Memory for the batch, if it fits. */
  readonly memory?: SharedArrayBuffer | undefined;
}

/** A batch from a worker. */
export interface MadeBatch<T extends PixelType = PixelType> {
  /** [B, 3, size, size], values from 0 to 255. */
  readonly images: PixelArrays[T];
  /** [B]: the job's image at each position. */
  readonly places: Int32Array;
  readonly unreadable: readonly Unreadable[];
  /** How the images were mixed with the reversed batch; undefined: not at all. */
  readonly mix: Mix | undefined;
}

/** Images of a batch processed at a time: enough to keep the decoder's threads busy. */
const LANES = 4;

/**
 * Makes one batch. The result depends only on the recipe, the job and the files, not on when or where it is made.
 * `stopped` is checked before each image; once it returns true, the batch is abandoned and the result is undefined.
 */
export async function makeBatch<T extends PixelType>(
  recipe: BatchRecipe<T>,
  { step, images, memory }: BatchJob,
  stopped: () => boolean,
): Promise<MadeBatch<T> | undefined> {
  const rng = new Rng(recipe.key).fork(step);
  const views = new Array<Image | Unreadable>(images.length);
  const runs = runsOf(images);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < runs.length && !stopped()) {
      const slots = runs[next++];
      const made = await viewsOf(
        images[slots[0]],
        slots.map((slot) => rng.fork(slot).fork('view')),
        recipe,
      );
      slots.forEach((slot, at) => (views[slot] = made[at]));
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, runs.length) }, lane));
  if (stopped()) return undefined;

  const unreadable = [...new Set(views.filter(isUnreadable))];
  const places = recipe.refill ? refilled(views) : readableSlots(views);
  const bytes = bytesOfBatch(recipe, places.length);
  const batch = new ARRAYS[recipe.pixels](memory?.byteLength === bytes ? memory : new ArrayBuffer(bytes));
  const augmented = (place: number): Uint8Array =>
    augment(views[places[place]] as Image, recipe.augmentation.steps, rng.fork(place).fork('steps')).pixels;
  if (batch instanceof Uint8Array) {
    for (let place = 0; place < places.length; place++) batch.set(augmented(place), place * bytesOf(recipe.size));
    return { images: batch, places, unreadable, mix: undefined };
  }
  const { size, noise } = recipe;
  const { randomErasing: erasing, mixing } = recipe.augmentation;
  const mix = mixing === undefined ? undefined : drawMix(mixing, size, rng.fork('mix'));
  fillMixed(batch, size, mix, (place, image) => {
    image.setBytes(augmented(place));
    if (erasing !== undefined) randomErasing(image.values, size, erasing, noise, rng.fork(place).fork('erasing'));
  });
  return { images: batch, places, unreadable, mix };
}

const ARRAYS: {
  readonly [T in PixelType]: { readonly BYTES_PER_ELEMENT: number; new (memory: ArrayBufferLike): PixelArrays[T] };
} = { uint8: Uint8Array, float32: Float32Array };

/** Bytes for the pixels of this many images. */
export function bytesOfBatch({ pixels, size }: BatchRecipe, images: number): number {
  return images * bytesOf(size) * ARRAYS[pixels].BYTES_PER_ELEMENT;
}

function readableSlots(views: readonly (Image | Unreadable)[]): Int32Array {
  return Int32Array.from(views.keys()).filter((slot) => !isUnreadable(views[slot]));
}

/**
 * All slots, with each unreadable one replaced by the next readable one, wrapping around; empty if none is readable.
 */
function refilled(views: readonly (Image | Unreadable)[]): Int32Array {
  const readable = readableSlots(views);
  if (readable.length === 0) return readable;
  return Int32Array.from(views.keys(), (slot) => readable.find((other) => other >= slot) ?? readable[0]);
}
