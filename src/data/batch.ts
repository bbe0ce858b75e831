import type { Sharp } from 'sharp';
import type { Key } from '../random/key.js';
import { Rng } from '../random/rng.js';
import { augment } from './augment/augmentation.js';
import type { Augmentation } from './augment/augmentation.js';
import { randomErasing } from './augment/randomErasing.js';
import type { Noise } from './augment/randomErasing.js';
import { cropRegion } from './augment/randomResizedCrop.js';
import { drawMix, mixBatch } from './augment/mixing.js';
import type { Mix } from './augment/mixing.js';
import { centralView, openDecoded, openEncoded, regionView } from './decode.js';
import { bytesOf } from './image.js';
import type { Image } from './image.js';
import { imageName, storedImage } from './source.js';
import type { EncodedImage, PixelStore } from './source.js';

/** The type of a batch's pixels: bytes, or float32 where images are mixed or their parts replaced by noise. */
export type PixelType = 'uint8' | 'float32';

/** The array of each type of pixels. */
export interface PixelArrays {
  readonly uint8: Uint8Array<ArrayBuffer>;
  readonly float32: Float32Array<ArrayBuffer>;
}

/** How every batch of a loader is made. Plain data: worker threads get it when they start. */
export interface BatchRecipe<T extends PixelType = PixelType> {
  /** The side of the network's input, in pixels. */
  readonly size: number;
  readonly augmentation: Augmentation;
  /** float32 if the augmentation is not made of bytes, see isMadeOfBytes. */
  readonly pixels: T;
  /** What images are normalised with, and so what they are erased with. */
  readonly noise: Noise;
  /** The stream that augmentation draws from. */
  readonly key: Key;
  /** Whether the place of an unreadable image is taken by the next readable one of its batch, or left out. */
  readonly refill: boolean;
  /** Where images lie that are decoded already. */
  readonly store: PixelStore | undefined;
}

/** One batch to make: the step, which names its random draws, and its images, encoded or as rows of the store. */
export interface BatchJob {
  readonly step: number;
  readonly images: readonly EncodedImage[] | Int32Array;
}

/** An image that could not be read or decoded. */
export interface Unreadable {
  /** What messages call it: its file, and the member or row where many share a file. */
  readonly file: string;
  readonly reason: string;
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
  { step, images }: BatchJob,
  stopped: () => boolean,
): Promise<MadeBatch<T> | undefined> {
  const rng = new Rng(recipe.key).fork(step);
  const views = new Array<Image | Unreadable>(images.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < images.length && !stopped()) {
      const slot = next++;
      const image = images[slot];
      views[slot] = await viewOf(image, recipe, rng.fork(slot).fork('view'));
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, images.length) }, lane));
  if (stopped()) return undefined;

  const unreadable = views.filter(isUnreadable);
  const places = recipe.refill ? refilled(views) : readableSlots(views);
  const batch = new ARRAYS[recipe.pixels](places.length * bytesOf(recipe.size)) as PixelArrays[T];
  places.forEach((slot, place) => {
    const image = augment(views[slot] as Image, recipe.augmentation.steps, rng.fork(place).fork('steps'));
    batch.set(image.pixels, place * bytesOf(recipe.size));
  });
  if (batch instanceof Uint8Array) return { images: batch, places, unreadable, mix: undefined };
  erase(batch, recipe, rng);
  return { images: batch, places, unreadable, mix: mixed(batch, places.length, recipe, rng.fork('mix')) };
}

const ARRAYS = { uint8: Uint8Array, float32: Float32Array } as const;

/** Erases in the images of a batch, each by a stream of its own. */
function erase(
  images: Float32Array,
  { size, augmentation: { randomErasing: parameters }, noise }: BatchRecipe,
  rng: Rng,
) {
  if (parameters === undefined) return;
  const length = bytesOf(size);
  for (let place = 0; place * length < images.length; place++) {
    const image = images.subarray(place * length, (place + 1) * length);
    randomErasing(image, size, parameters, noise, rng.fork(place).fork('erasing'));
  }
}

/** Mixes a batch in place, if the recipe and the draw say so. */
function mixed(
  images: Float32Array,
  batch: number,
  { size, augmentation: { mixing } }: BatchRecipe,
  rng: Rng,
): Mix | undefined {
  if (mixing === undefined) return undefined;
  const mix = drawMix(mixing, size, rng);
  if (mix !== undefined) mixBatch(images, batch, size, mix);
  return mix;
}

/** The square view of one image, before the augmentation's steps. */
async function viewOf(image: EncodedImage | number, recipe: BatchRecipe, rng: Rng): Promise<Image | Unreadable> {
  const { size, store } = recipe;
  const crop = recipe.augmentation.randomResizedCrop;
  if (typeof image !== 'number') {
    try {
      return await squareOf(await openEncoded(image), recipe, rng);
    } catch (error) {
      return { file: imageName(image), reason: error instanceof Error ? firstLine(error.message) : String(error) };
    }
  }
  if (store === undefined) throw new Error('a batch of stored images needs their store');
  const stored = storedImage(store, image);
  return crop === undefined && store.size === size ? stored : squareOf(openDecoded(stored), recipe, rng);
}

function squareOf(image: Sharp, { size, augmentation }: BatchRecipe, rng: Rng): Promise<Image> {
  const crop = augmentation.randomResizedCrop;
  if (crop === undefined) return centralView(image, size);
  return regionView(image, size, (width, height) => cropRegion(width, height, crop, rng));
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}

function isUnreadable(view: Image | Unreadable): view is Unreadable {
  return 'reason' in view;
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
