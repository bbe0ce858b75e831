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

/** The type of a batch's pixels: bytes, or float32 where images are mixed or their parts replaced by noise. */
export type PixelType = 'uint8' | 'float32';

/** The array of each type of pixels. */
export interface PixelArrays {
  readonly uint8: Uint8Array;
  readonly float32: Float32Array;
}

/** How every batch of a loader is made. Plain data: worker threads get it when they start. */
export interface BatchRecipe<T extends PixelType = PixelType> extends ViewSettings {
  /** float32 if the augmentation is not made of bytes, see isMadeOfBytes. */
  readonly pixels: T;
  /** What images are normalised with, and so what they are erased with. */
  readonly noise: Noise;
  /** The stream that augmentation draws from. */
  readonly key: Key;
  /** Whether the place of an unreadable image is taken by the next readable one of its batch, or left out. */
  readonly refill: boolean;
}

/** One batch to make: the step, which names its random draws, and its images, encoded or as rows of the store. */
export interface BatchJob {
  readonly step: number;
  readonly images: readonly EncodedImage[] | Int32Array;
  /** Memory that the batch may take if it fits, of any content. */
  readonly memory?: SharedArrayBuffer | undefined;
}

/** A batch as a worker hands it over. */
export interface MadeBatch<T extends PixelType = PixelType> {
  /** [B, 3, size, size], on the scale from 0 to 255. */
  readonly images: PixelArrays[T];
  /** [B]: which image of the job stands at each place. */
  readonly places: Int32Array;
  readonly unreadable: readonly Unreadable[];
  /** How the images were mixed with those of the batch in reverse order; undefined: they were not. */
  readonly mix: Mix | undefined;
}

/** Images of a batch that are in work at a time: enough to keep the decoder's threads busy. */
const LANES = 4;

/**
 * Makes one batch. The result depends on the recipe, the job and the files alone, not on who makes it or when.
 * `stopped` is asked before each image; once it says yes the batch is given up, and the result is undefined.
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

/** Bytes of the pixels of so many images. */
export function bytesOfBatch({ pixels, size }: BatchRecipe, images: number): number {
  return images * bytesOf(size) * ARRAYS[pixels].BYTES_PER_ELEMENT;
}

function readableSlots(views: readonly (Image | Unreadable)[]): Int32Array {
  return Int32Array.from(views.keys()).filter((slot) => !isUnreadable(views[slot]));
}

/** Every slot, with each unreadable one replaced by the next readable one, around the end; empty if none is readable. */
function refilled(views: readonly (Image | Unreadable)[]): Int32Array {
  const readable = readableSlots(views);
  if (readable.length === 0) return readable;
  return Int32Array.from(views.keys(), (slot) => readable.find((other) => other >= slot) ?? readable[0]);
}
