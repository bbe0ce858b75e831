import type { Rng } from '../random/rng.js';
import type { Augmentation } from '../image/augment/augmentation.js';
import { cropRegion } from '../image/augment/randomResizedCrop.js';
import { centralView, openDecoded, openEncoded, rasterOf, regionView } from './decode.js';
import type { Resampling } from './decode.js';
import type { Framing } from '../image/framing.js';
import type { Image } from '../image/image.js';
import { resize } from '../image/resize.js';
import { imageName, storedImage } from '../dataset/source.js';
import type { EncodedImage, PixelStore } from '../dataset/source.js';

/** An image that could not be read or decoded. */
export interface Unreadable {
  /** Its name in messages: the file, and the member or row if images share a file. */
  readonly file: string;
  readonly reason: string;
}

export function isUnreadable(view: Image | Unreadable): view is Unreadable {
  return 'reason' in view;
}

/** How an image becomes a square. */
export interface ViewSettings {
  /** Side of the square network input, in pixels. */
  readonly size: number;
  readonly augmentation: Augmentation;
  /** The store of images decoded already. */
  readonly store: PixelStore | undefined;
  /** How to resize images that are not decoded yet. */
  readonly resampling: Resampling;
  /** The view of images that are not randomly cropped. */
  readonly framing: Framing;
}

/** The slots of a batch, grouped by runs of the same image: repeated augmentation repeats images. */
export function runsOf(images: readonly EncodedImage[] | Int32Array): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (let slot = 0; slot < images.length; slot++) {
    if (slot > 0 && isSame(images[slot - 1], images[slot])) runs.at(-1)?.push(slot);
    else runs.push([slot]);
  }
  return runs;
}

function isSame(one: EncodedImage | number, other: EncodedImage | number): boolean {
  if (typeof one === 'number' || typeof other === 'number') return one === other;
  return one.file === other.file && one.part?.start === other.part?.start;
}

/**
 * Square views of one image before the augmentation's steps, one per random stream. With repeated augmentation, an
 * image is decoded once for all its copies, unless the decoder resizes it.
 */
export async function viewsOf(
  image: EncodedImage | number,
  streams: readonly Rng[],
  settings: ViewSettings,
): Promise<readonly (Image | Unreadable)[]> {
  const { size, store, augmentation, resampling, framing } = settings;
  if (typeof image === 'number') {
    if (store === undefined) throw new Error('a batch of stored images needs their store');
    const stored = storedImage(store, image);
    return Promise.all(streams.map((rng) => storedView(stored, settings, rng)));
  }
  try {
    const opened = await openEncoded(image);
    const crop = augmentation.randomResizedCrop;
    if (crop === undefined) {
      const view = await centralView(opened, size, { resampling, framing });
      return streams.map(() => view);
    }
    if (resampling === 'libvips') {
      const views = streams.map((rng) =>
        regionView(opened.clone(), size, (width, height) => cropRegion(width, height, crop, rng), { resampling }),
      );
      return await Promise.all(views);
    }
    const raster = await rasterOf(opened);
    return streams.map((rng) => {
      const region = cropRegion(raster.width, raster.height, crop, rng);
      return { size, pixels: resize(raster, size, size, { crop: region }) };
    });
  } catch (error) {
    const reason = error instanceof Error ? firstLine(error.message) : String(error);
    const unreadable = { file: imageName(image), reason };
    return streams.map(() => unreadable);
  }
}

async function storedView(stored: Image, { size, augmentation, framing }: ViewSettings, rng: Rng): Promise<Image> {
  const crop = augmentation.randomResizedCrop;
  if (crop !== undefined) {
    return regionView(openDecoded(stored), size, (width, height) => cropRegion(width, height, crop, rng));
  }
  return stored.size === size ? stored : centralView(openDecoded(stored), size, { framing });
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}
