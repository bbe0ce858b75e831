import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';

export type Colour = readonly [number, number, number];

/** A new empty folder, removed after the tests of the file. Called at the top of the file: hooks have no `after`. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'glit-images-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An image of one colour. */
export function plain([r, g, b]: Colour, width = 8, height = width): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

/** A colour unique to each `index` below 2^18. */
export function colourOf(index: number): Colour {
  return [4 * (index & 63), 4 * ((index >> 6) & 63), 4 * ((index >> 12) & 63)];
}

/**
 * Writes single-colour image files; the position in `files` determines the colour. Endings determine the format;
 * unknown endings get a PNG.
 */
export async function writeImages(folder: string, files: readonly string[], side = 8): Promise<void> {
  for (const [index, file] of files.entries()) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    const image = plain(colourOf(index), side);
    const encoded = /\.jpe?g$/i.test(file) ? image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }) : image.png();
    await writeFile(target, await encoded.toBuffer());
  }
}

/** `count` paths of one class: `0.png`, `1.png`, ... */
export function numbered(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${folder}/${index}.png`);
}

/** A PNG whose header claims this size, with pixel data for one line of a few pixels. */
export function lyingPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(10))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checked = Buffer.concat([Buffer.from(type), content]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(checksumOf(checked));
  return Buffer.concat([length, checked, checksum]);
}

/** The CRC of PNG and zip, bit by bit. */
function checksumOf(bytes: Buffer): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return ~remainder >>> 0;
}
