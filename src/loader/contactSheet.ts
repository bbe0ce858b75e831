import sharp from 'sharp';
import { bytesOf } from '../image/image.js';
import type { PixelArrays, PixelType } from './batch.js';

/** The most images on a sheet. */
const MOST_IMAGES = 64;
const GAP = 2;

/**
 * A batch as a PNG: its first images in a grid that is nearly square, on white.
 *
 * @param images [B, 3, size, size], values from 0 to 255; others are clipped
 */
export function contactSheet(images: PixelArrays[PixelType], size: number): Promise<Uint8Array> {
  const count = Math.min(MOST_IMAGES, images.length / bytesOf(size));
  const columns = Math.ceil(Math.sqrt(count));
  const pitch = size + GAP;
  const width = columns * pitch - GAP;
  const height = Math.ceil(count / columns) * pitch - GAP;
  const sheet = new Uint8ClampedArray(width * height * 3).fill(255);
  for (let from = 0; from < count * bytesOf(size); from++) {
    const row = Math.floor(from / size);
    const channel = Math.floor(row / size) % 3;
    const tile = Math.floor(row / (3 * size));
    const x = (tile % columns) * pitch + (from % size);
    const y = Math.floor(tile / columns) * pitch + (row % size);
    sheet[(y * width + x) * 3 + channel] = images[from];
  }
  return sharp(sheet, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
