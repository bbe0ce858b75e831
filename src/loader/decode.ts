import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import sharp from 'sharp';
import type { Metadata, Sharp } from 'sharp';
import { DECODER_LIMITS, decodingFailure } from '../dataset/decodingFailure.js';
import { decoderInput } from '../dataset/encodedBytes.js';
import { toInterleaved, toPlanes } from '../image/image.js';
import type { Image } from '../image/image.js';
import type { Region } from '../image/augment/randomResizedCrop.js';
import { USUAL_FRAMING, type Framing } from '../image/framing.js';
import { resize } from '../image/resize.js';
import type { Raster } from '../image/resize.js';
import { isStored, type EncodedImage, type ImageSource } from '../dataset/source.js';

// libvips has one state for all threads, and no thread can read images while formats are being blocked. So the first
// thread here blocks them, and threads that it starts see the mark.
const PREPARED = 'glit: libvips is prepared';
if (getEnvironmentData(PREPARED) !== true) {
  setEnvironmentData(PREPARED, true);
  prepareLibvips();
}

function prepareLibvips(): void {
  // Every image is read once per epoch, so a cache would only hold memory. Images are decoded in parallel, so threads
  // within one image would only compete.
  sharp.cache(false);
  sharp.concurrency(1);
  // Data sets hold photographs, not documents: block formats that render, execute or convert.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((format) => `VipsForeignLoad${format}`),
  });
}

/**
 * How an image is resized.
 *
 * - `pillow`: {@link resize}, which gives the same pixels as torchvision's transforms.
 * - `libvips`: the same, but the decoder resizes images at least twice as large as needed, and reads JPEGs at a half, a
 *   quarter or an eighth of their size. Worth it for photographs of several megapixels, not for ImageNet. Its images
 *   are softer, and regions are off by up to half a pixel.
 */
export type Resampling = 'pillow' | 'libvips';

/** Settings for views. */
export interface ViewOptions {
  /** Default: `pillow`. */
  readonly resampling?: Resampling | undefined;
}

export interface CentralViewOptions extends ViewOptions {
  /** Default: {@link USUAL_FRAMING}. */
  readonly framing?: Framing | undefined;
}

/** How many times larger than needed an image must be for the decoder to resize it; from here on, it decodes less. */
const LARGE = 2;

/**
 * An encoded image as 8-bit RGB with its EXIF rotation applied. Grey becomes three equal channels, CMYK and 16-bit
 * images are converted, transparency is flattened onto white, and animations become their first frame. Colour profiles
 * are ignored, as in other training tools. The band after a TIFF's colours is left out: it can be infrared as well as
 * alpha, and the decoder does not say which. Corrupt data fail when pixels are read; minor irregularities do not.
 */
export async function openEncoded(image: EncodedImage): Promise<Sharp> {
  const input = await decoderInput(image);
  const decoder = sharp(input, { ...DECODER_LIMITS, ignoreIcc: true }).autoOrient();
  return (isTiff(input) ? decoder.removeAlpha() : decoder.flatten({ background: 'white' })).toColourspace('srgb');
}

/** Whether the decoder's input is a TIFF, by the name of the file or by its first bytes. */
function isTiff(input: string | Buffer): boolean {
  return typeof input === 'string'
    ? /\.tiff?$/i.test(input)
    : /^(?:II[*+]\0|MM\0[*+])/.test(input.toString('latin1', 0, 4));
}

/** A decoded image, ready to resize. */
export function openDecoded(image: Image): Sharp {
  return sharp(toInterleaved(image), { raw: { width: image.size, height: image.size, channels: 3 } });
}

/**
 * The evaluation view of an image: the shorter side resized to `size` divided by the framing's crop, then the central
 * square. An image of `size` × `size` is returned unchanged.
 *
 * Extents are truncated and offsets rounded as in torchvision's Resize and CenterCrop: one pixel of difference would
 * shift the view relative to other networks' evaluations. With `pillow`, every pixel matches torchvision's. Rejects
 * with the decoder's reason, in one line, when the image cannot be read.
 */
export async function centralView(
  image: Sharp,
  size: number,
  { resampling = 'pillow', framing = USUAL_FRAMING }: CentralViewOptions = {},
): Promise<Image> {
  if (resampling === 'libvips') {
    const extent = await extentOf(image);
    const { resized, view } = centralRegion(extent, size, framing);
    if (isLarge(extent, resized)) return squareOf(image.resize({ ...resized, ...BY_DECODER }).extract(view));
  }
  const raster = await rasterOf(image);
  if (raster.width === size && raster.height === size) return toPlanes(raster.pixels, size);
  const { resized, view } = centralRegion(raster, size, framing);
  return { size, pixels: resize(raster, resized.width, resized.height, { view, filter: framing.interpolation }) };
}

/** The evaluation view of an image file. Rejects with the decoder's reason when it cannot be read. */
export async function readImage(file: string, size: number, framing?: Framing): Promise<Image> {
  return centralView(await openEncoded({ file }), size, { framing });
}

/**
 * A region of an image, resized to `size` × `size`; the region is chosen once the image's extent is known. Rejects with
 * the decoder's reason, in one line, when the image cannot be read.
 */
export async function regionView(
  image: Sharp,
  size: number,
  choose: (width: number, height: number) => Region,
  { resampling = 'pillow' }: ViewOptions = {},
): Promise<Image> {
  const { width, height } = await extentOf(image);
  const region = choose(width, height);
  const square = { width: size, height: size };
  if (resampling === 'pillow' || !isLarge(region, square)) {
    return { size, pixels: resize(await rasterOf(image.extract(region)), size, size) };
  }
  // The decoder shrinks on load only if it resizes before it crops. Offsets are rounded to pixels of the result.
  const across = size / region.width;
  const down = size / region.height;
  const resized = { width: Math.round(width * across), height: Math.round(height * down) };
  const left = Math.min(Math.round(region.left * across), resized.width - size);
  const top = Math.min(Math.round(region.top * down), resized.height - size);
  return squareOf(image.resize({ ...resized, ...BY_DECODER }).extract({ left, top, ...square }));
}

const BY_DECODER = { fit: 'fill', kernel: 'cubic' } as const;

function isLarge(extent: Extent, needed: Extent): boolean {
  return extent.width >= LARGE * needed.width && extent.height >= LARGE * needed.height;
}

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** The shorter side of an image that is resized so that its central square of `size` × `size` can be cropped. */
export function resizedShorterSide(size: number, { crop }: Framing): number {
  // Division can leave a whole number slightly too small, such as 224 / (224/232); treat it as that number.
  return Math.max(size, Math.floor(size / crop + 1e-9));
}

/** The size of the resized image in evaluation, and the square to crop from it. */
function centralRegion({ width, height }: Extent, size: number, framing: Framing): { resized: Extent; view: Region } {
  const shorter = resizedShorterSide(size, framing);
  const resized = {
    width: width <= height ? shorter : Math.floor((shorter * width) / height),
    height: height <= width ? shorter : Math.floor((shorter * height) / width),
  };
  const left = toEvenHalf(resized.width - size);
  const top = toEvenHalf(resized.height - size);
  return { resized, view: { left, top, width: size, height: size } };
}

/** Half of an integer, rounded half to even like Python's `round`. */
function toEvenHalf(whole: number): number {
  const half = whole >> 1;
  return whole % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** How many images, spread over a source, {@link haveSize} looks at. */
const LOOKED_AT = 32;

/** Whether images of a source are `size` × `size` before they are decoded. Images that cannot be read do not count. */
export async function haveSize(source: ImageSource, size: number): Promise<boolean> {
  if (isStored(source)) return source.store.size === size;
  const total = source.labels.length;
  const count = Math.min(LOOKED_AT, total);
  const extents = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      try {
        return await extentOf(await openEncoded(source.encoded(Math.floor((at * total) / count))));
      } catch {
        return undefined;
      }
    }),
  );
  return extents.every((extent) => extent === undefined || (extent.width === size && extent.height === size));
}

/** The extent after the EXIF rotation. */
async function extentOf(image: Sharp): Promise<Extent> {
  const { autoOrient }: Metadata = await readable(image.metadata());
  return autoOrient;
}

/** All pixels of an image. Rejects with the decoder's reason, in one line, when they cannot be read. */
export async function rasterOf(image: Sharp): Promise<Raster> {
  const { data, info } = await readable(image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
  if (info.channels !== 3) throw new Error(`it was decoded to ${info.channels} channels instead of 3`);
  return { width: info.width, height: info.height, pixels: data };
}

async function squareOf(image: Sharp): Promise<Image> {
  const { width, pixels } = await rasterOf(image);
  return toPlanes(pixels, width);
}

async function readable<Result>(decoding: Promise<Result>): Promise<Result> {
  try {
    return await decoding;
  } catch (error) {
    throw decodingFailure(error);
  }
}
