import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { decoderInput } from './encodedBytes.js';
import { toInterleaved, toPlanes } from './image.js';
import type { Image } from './image.js';
import type { Region } from './augment/randomResizedCrop.js';
import type { EncodedImage } from './source.js';

// Every image is read once an epoch, so a cache would only hold memory; and images are decoded side by side, so that
// threads inside one image would only get in each other's way.
sharp.cache(false);
sharp.concurrency(1);

/** The shorter side before the central crop, in relation to the crop: 256 for 224, as networks are commonly evaluated. */
const EVALUATION_RATIO = 256 / 224;

/**
 * An encoded image as 8-bit sRGB with its EXIF rotation applied. Grey becomes three equal channels, CMYK and 16-bit images
 * are converted, transparency is laid on white. Broken data fail when pixels are read; mere oddities in a file do not.
 */
export async function openEncoded(image: EncodedImage): Promise<Sharp> {
  const input = await decoderInput(image);
  return sharp(input, { failOn: 'error' }).autoOrient().flatten({ background: 'white' }).toColourspace('srgb');
}

/** A decoded image as input for a resize. */
export function openDecoded(image: Image): Sharp {
  return sharp(toInterleaved(image), { raw: { width: image.size, height: image.size, channels: 3 } });
}

/**
 * The view that evaluation takes of an image: the shorter side resized to 256/224 of `size`, then the central square.
 * An image that is `size` × `size` already is left as it is.
 *
 * Extents are cut and offsets rounded as in torchvision's Resize and CenterCrop: a pixel more or less would move the
 * whole view against what networks trained elsewhere were evaluated on.
 */
export async function centralView(image: Sharp, size: number): Promise<Image> {
  const { width, height } = await extentOf(image);
  if (width === size && height === size) return pixelsOf(image, size);
  const shorter = Math.max(size, Math.floor(size * EVALUATION_RATIO));
  const resized = {
    width: width <= height ? shorter : Math.floor((shorter * width) / height),
    height: height <= width ? shorter : Math.floor((shorter * height) / width),
  };
  const left = toEvenHalf(resized.width - size);
  const top = toEvenHalf(resized.height - size);
  return pixelsOf(
    image.resize({ ...resized, fit: 'fill', kernel: 'cubic' }).extract({ left, top, width: size, height: size }),
    size,
  );
}

/** Half of a whole number, with a remaining half rounded to the even neighbour, as Python's `round` does. */
function toEvenHalf(whole: number): number {
  const half = whole >> 1;
  return whole % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** An image file as evaluation sees it. Rejects with the decoder's reason when it cannot be read. */
export async function readImage(file: string, size: number): Promise<Image> {
  return centralView(await openEncoded({ file }), size);
}

/** A region of an image, chosen once the image's extent is known, resized to `size` × `size`. */
export async function regionView(
  image: Sharp,
  size: number,
  choose: (width: number, height: number) => Region,
): Promise<Image> {
  const { width, height } = await extentOf(image);
  const region = choose(width, height);
  return pixelsOf(image.extract(region).resize({ width: size, height: size, fit: 'fill', kernel: 'cubic' }), size);
}

/** The extent after the EXIF rotation. */
async function extentOf(image: Sharp): Promise<{ width: number; height: number }> {
  const { autoOrient } = await image.metadata();
  return autoOrient;
}

async function pixelsOf(image: Sharp, size: number): Promise<Image> {
  return toPlanes(await image.raw({ depth: 'uchar' }).toBuffer(), size);
}
