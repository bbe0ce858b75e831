import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import sharp from 'sharp';
import type { Metadata } from 'sharp';
import { DECODER_LIMITS, decodingFailure } from './decodingFailure.js';
import { decoderInput } from './encodedBytes.js';
import type { Image } from '../image/image.js';
import type { EncodedImage } from './source.js';

/** Facts about a fully decoded image. */
export interface Inspected {
  /** SHA-256 of its content: of the encoded bytes, or of the pixels of a stored image. */
  readonly hash: Buffer;
  /** Pixels, after the EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** In words: `RGB`, `grey`, `CMYK`, `RGB with alpha`, `RGB with another band` (TIFF), `grey, 16 bit`, ... */
  readonly channels: string;
  /** Whether its EXIF data rotate or mirror it. */
  readonly rotated: boolean;
  /** Whether it contains further pictures, which glit ignores. */
  readonly animated: boolean;
}

/** Larger images are decoded twice, strip by strip: slower, but with little memory. */
const MOST_PIXELS_AT_ONCE = 8_000_000;

/** Decodes a whole encoded image, to notice truncation. Rejects with the decoder's reason, in one line. */
export async function inspectEncoded(image: EncodedImage): Promise<Inspected> {
  try {
    return await decodeWhole(image);
  } catch (error) {
    throw decodingFailure(error);
  }
}

async function decodeWhole(image: EncodedImage): Promise<Inspected> {
  const input = await decoderInput(image);
  // Several large files at once would not fit into memory.
  const hash = createHash('sha256');
  if (typeof input !== 'string') hash.update(input);
  else for await (const chunk of createReadStream(input)) hash.update(chunk as Buffer);
  const decoder = sharp(input, DECODER_LIMITS);
  const metadata = await decoder.metadata();
  const { width, height } = metadata;
  if (width * height <= MOST_PIXELS_AT_ONCE) {
    await decoder.raw().toBuffer();
  } else {
    // Scaling to eight rows may round the last ones away; they come after all others.
    await decoder.clone().resize({ width: 8, height: 8, fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer();
    await decoder
      .clone()
      .extract({ left: 0, top: height - 1, width, height: 1 })
      .raw()
      .toBuffer();
  }
  return {
    hash: hash.digest(),
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    channels: channelsOf(metadata),
    rotated: (metadata.orientation ?? 1) > 1,
    animated: (metadata.pages ?? 1) > 1 && metadata.format !== 'tiff',
  };
}

function channelsOf({ format, space, channels, hasAlpha, depth }: Metadata): string {
  const colours = channels - (hasAlpha ? 1 : 0);
  const name = space === 'cmyk' ? 'CMYK' : space === 'lab' ? 'Lab' : colours < 3 ? 'grey' : 'RGB';
  const bits = DEPTHS[depth] ?? '';
  const extra = format === 'tiff' ? ' with another band' : ' with alpha';
  return `${name}${hasAlpha ? extra : ''}${bits}`;
}

const DEPTHS: Readonly<Record<string, string>> = { ushort: ', 16 bit', float: ', 32 bit' };

/** The same for a decoded image in memory; equal channels count as grey. */
export function inspectStored({ size, pixels }: Image): Inspected {
  const plane = size * size;
  const [red, green, blue] = [0, 1, 2].map((channel) =>
    Buffer.from(pixels.buffer, pixels.byteOffset + channel * plane, plane),
  );
  return {
    hash: createHash('sha256').update(pixels).digest(),
    width: size,
    height: size,
    channels: red.equals(green) && red.equals(blue) ? 'grey' : 'RGB',
    rotated: false,
    animated: false,
  };
}
