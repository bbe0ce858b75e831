import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { seeded } from '../src/random/rng.js';

const CLASSES = 2;
const PER_CLASS = 128;
const WIDTH = 500;
const HEIGHT = 375;
/** Amplitude of the grain. */
const GRAIN = 32;

/**
 * Calls `work` with a folder of JPEGs of 500 × 375 that are about as expensive as photographs, and removes it
 * afterwards.
 */
export async function withPhotographs<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'glit-bench-'));
  try {
    await writePhotographs(folder);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Noise in large patches with fine grain: about as many bytes per pixel as ImageNet's photographs. */
async function writePhotographs(folder: string): Promise<void> {
  const rng = seeded(2);
  for (let at = 0; at < CLASSES * PER_CLASS; at++) {
    const name = path.join(folder, `class${at % CLASSES}`);
    await mkdir(name, { recursive: true });
    const coarse = Uint8Array.from({ length: 50 * 38 * 3 }, () => rng.int(256));
    const smooth = await sharp(coarse, { raw: { width: 50, height: 38, channels: 3 } })
      .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
      .raw()
      .toBuffer();
    const grain = Uint8ClampedArray.from(smooth, (value) => value + rng.int(2 * GRAIN + 1) - GRAIN);
    await sharp(grain, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path.join(name, `${at}.jpg`));
  }
}
