import type { Sharp } from 'sharp';
import type { Key } from '../random/key.js';
import { Rng } from '../random/rng.js';
import { augment } from './augment/augmentation.js';
import type { Augmentation } from './augment/augmentation.js';
import { cropRegion } from './augment/randomResizedCrop.js';
import { centralView, openDecoded, openEncoded, regionView } from './decode.js';
import { bytesOf } from './image.js';
import type { Image } from './image.js';
import { storedImage } from './source.js';
import type { EncodedImage, PixelStore } from './source.js';

/** How every batch of a loader is made. Plain data: worker threads get it when they start. */
export interface BatchRecipe {
  /** The side of the network's input, in pixels. */
  readonly size: number;
  readonly augmentation: Augmentation;
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
  readonly file: string;
  readonly reason: string;
}

/** A batch as a worker hands it over. */
export interface MadeBatch {
  /** [B, 3, size, size] */
  readonly images: Uint8Array<ArrayBuffer>;
  /** [B]: which image of the job stands at each place. */
  readonly places: Int32Array;
  readonly unreadable: readonly Unreadable[];
}

/** Images of a batch that are in work at a time: enough to keep the decoder's threads busy. */
const LANES = 4;

/**
 * Makes one batch. The result depends on the recipe, the job and the files alone, not on who makes it or when.
 * `stopped` is asked before each image; once it says yes the batch is given up, and the result is undefined.
 */
export async function makeBatch(
  recipe: BatchRecipe,
  { step, images }: BatchJob,
  stopped: () => boolean,
): Promise<MadeBatch | undefined> {
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
  const batch = new Uint8Array(places.length * bytesOf(recipe.size));
  places.forEach((slot, place) => {
    const image = augment(views[slot] as Image, recipe.augmentation.steps, rng.fork(place).fork('steps'));
    batch.set(image.pixels, place * bytesOf(recipe.size));
  });
  return { images: batch, places, unreadable };
}

/** The square view of one image, before the augmentation's steps. */
async function viewOf(image: EncodedImage | number, recipe: BatchRecipe, rng: Rng): Promise<Image | Unreadable> {
  const { size, store } = recipe;
  const crop = recipe.augmentation.randomResizedCrop;
  if (typeof image !== 'number') {
    try {
      return await squareOf(openEncoded(image), recipe, rng);
    } catch (error) {
      return { file: image.file, reason: error instanceof Error ? firstLine(error.message) : String(error) };
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
