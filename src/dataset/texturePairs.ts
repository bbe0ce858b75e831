import type { Rng } from '../random/rng.js';
import type { Dataset } from './dataset.js';
import { bytesOf, toPlanes } from '../image/image.js';
import { emptyStore } from './source.js';
import type { StoredSource } from './source.js';

/** The number of images and their difficulty. Amplitudes are in grey values, 0 to 255. */
export interface TexturePairsOptions {
  readonly trainImages: number;
  readonly testImages: number;
  /** Largest noise added to a pixel. */
  readonly noise: number;
  /** Smallest and largest contrast of a texture: the brighter colour minus the darker, per channel. */
  readonly contrast: readonly [number, number];
  /** Plain blobs behind the discs, at random positions. */
  readonly clutter: number;
  /** Extra discs with a different texture than the pair; one without free space is skipped. */
  readonly decoys: number;
}

/** Hard enough that networks differ, easy enough to learn in minutes on two cores. */
export const TEXTURE_PAIRS: TexturePairsOptions = {
  trainImages: 10_000,
  testImages: 2_000,
  noise: 15,
  contrast: [90, 160],
  clutter: 1,
  decoys: 0,
};

const SIZE = 32;
const ARRANGEMENTS = ['side by side', 'stacked'] as const;
const RADIUS: readonly [number, number] = [4.5, 6];
const PERIOD: readonly [number, number] = [3.6, 4.8];
/** Pixels between the centres of a pair. */
const DISTANCE: readonly [number, number] = [12.5, 18];
/** Largest angle between a pair's axis and the horizontal or vertical, in radians. */
const TILT = Math.PI / 8;
const PLACEMENTS = 20;

/** Brightness, from -1 to 1, of a texture at (x, y); `cell` is a value of ±1 drawn for each of its cells. */
type Texture = (x: number, y: number, cell: (column: number, row: number) => number) => number;

/** In units of the period. All are symmetric, so that flipping an image does not change its class. */
const TEXTURES: Readonly<Record<string, Texture>> = {
  rows: (_, y) => wave(y),
  columns: (x) => wave(x),
  checks: (x, y) => wave(x) * wave(y),
  rings: (x, y) => wave(Math.hypot(x, y)),
  speckle: (x, y, cell) => cell(Math.floor(2 * x), Math.floor(2 * y)),
};

const TEXTURE_NAMES = Object.keys(TEXTURES);

/** A clipped sine, between a soft and a hard edge. */
function wave(turns: number): number {
  return Math.max(-1, Math.min(1, 1.6 * Math.sin(2 * Math.PI * turns)));
}

type Colour = readonly [number, number, number];

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/**
 * A synthetic set of 32 × 32 images in 10 classes, to try glit without a download. An image shows two discs with the
 * same texture, one of five: fine local structure. They lie side by side or one above the other, anywhere, 12 to 18
 * pixels apart: a long-range relation. Colours, brightness, sizes, the background and its clutter are independent of
 * the class.
 *
 * Each image is a function of `rng`, its split and its index alone. Classes take turns, so they are balanced.
 */
export function texturePairs(rng: Rng, options: TexturePairsOptions = TEXTURE_PAIRS): Dataset {
  const classes = TEXTURE_NAMES.flatMap((texture) => ARRANGEMENTS.map((arrangement) => `${texture} ${arrangement}`));
  const train = draw(classes, options.trainImages, rng.fork('train'), options);
  const test = draw(classes, options.testImages, rng.fork('test'), options);
  return { name: 'texture-pairs', classes, train, test, notices: [] };
}

function draw(classes: readonly string[], count: number, rng: Rng, options: TexturePairsOptions): StoredSource {
  const store = emptyStore(count, SIZE);
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes.length);
  labels.forEach((label, index) => {
    const interleaved = drawImage(label, rng.fork(index), options);
    store.pixels.set(toPlanes(interleaved, SIZE).pixels, index * bytesOf(SIZE));
  });
  return { classes, labels, store, rows: Int32Array.from(labels.keys()) };
}

/** Interleaved bytes [32, 32, 3] of an image of class `label`. */
function drawImage(label: number, rng: Rng, options: TexturePairsOptions): Uint8Array {
  const texture = Math.floor(label / ARRANGEMENTS.length);
  const stacked = label % ARRANGEMENTS.length === 1;
  const canvas = new Float32Array(bytesOf(SIZE));
  paintBackground(canvas, rng);
  for (let blob = 0; blob < options.clutter; blob++) paintBlob(canvas, rng);
  const discs = placePair(stacked, rng);
  for (const disc of discs) paintTexture(canvas, disc, texture, options, rng);
  for (let decoy = 0; decoy < options.decoys; decoy++) {
    const disc = placeBeside(discs, rng);
    if (disc === undefined) break;
    discs.push(disc);
    const other = (texture + 1 + rng.int(TEXTURE_NAMES.length - 1)) % TEXTURE_NAMES.length;
    paintTexture(canvas, disc, other, options, rng);
  }
  return withNoise(canvas, options.noise, rng);
}

/** Two discs inside the image whose axis is within the tilt of the horizontal, or of the vertical. */
function placePair(stacked: boolean, rng: Rng): Disc[] {
  const radius = between(RADIUS, rng);
  const distance = Math.max(2 * radius + 0.5, between(DISTANCE, rng));
  const angle = between([-TILT, TILT], rng) + (stacked ? Math.PI / 2 : 0);
  const halfX = (distance / 2) * Math.cos(angle);
  const halfY = (distance / 2) * Math.sin(angle);
  const x = between([radius + Math.abs(halfX), SIZE - radius - Math.abs(halfX)], rng);
  const y = between([radius + Math.abs(halfY), SIZE - radius - Math.abs(halfY)], rng);
  return [
    { x: x - halfX, y: y - halfY, radius },
    { x: x + halfX, y: y + halfY, radius },
  ];
}

/** A disc that touches none of `discs`, if there is room. */
function placeBeside(discs: readonly Disc[], rng: Rng): Disc | undefined {
  const radius = between(RADIUS, rng);
  for (let attempt = 0; attempt < PLACEMENTS; attempt++) {
    const x = between([radius, SIZE - radius], rng);
    const y = between([radius, SIZE - radius], rng);
    if (discs.every((disc) => Math.hypot(disc.x - x, disc.y - y) > disc.radius + radius)) return { x, y, radius };
  }
  return undefined;
}

/** A colour gradient in a random direction. */
function paintBackground(canvas: Float32Array, rng: Rng): void {
  const from = colour(rng);
  const to = colour(rng);
  const angle = between([0, 2 * Math.PI], rng);
  const alongX = Math.cos(angle) / SIZE;
  const alongY = Math.sin(angle) / SIZE;
  for (let y = 0, at = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const share = 0.5 + (x - SIZE / 2) * alongX + (y - SIZE / 2) * alongY;
      for (let channel = 0; channel < 3; channel++) {
        canvas[at++] = from[channel] + share * (to[channel] - from[channel]);
      }
    }
  }
}

/** A soft blob of one colour. */
function paintBlob(canvas: Float32Array, rng: Rng): void {
  const blob = { x: between([0, SIZE], rng), y: between([0, SIZE], rng), radius: between([2, 6], rng) };
  const tint = colour(rng);
  paintDisc(blob, (at, x, y) => {
    const cover = 1 - Math.hypot(x, y) / blob.radius;
    for (let channel = 0; channel < 3; channel++) {
      canvas[at + channel] += cover * (tint[channel] - canvas[at + channel]);
    }
  });
}

/** A textured disc with its own two colours and phase. */
function paintTexture(canvas: Float32Array, disc: Disc, texture: number, options: TexturePairsOptions, rng: Rng): void {
  const brightness = TEXTURES[TEXTURE_NAMES[texture]];
  const period = between(PERIOD, rng);
  const shiftX = rng.uniform();
  const shiftY = rng.uniform();
  const centred = TEXTURE_NAMES[texture] === 'rings';
  const middle = colour(rng);
  const halves = [0, 1, 2].map(() => between(options.contrast, rng) / 2);
  const sign = rng.uniform() < 0.5 ? -1 : 1;
  const cells = Int8Array.from({ length: 64 }, () => (rng.uniform() < 0.5 ? -1 : 1));
  const cell = (column: number, row: number): number => cells[(column & 7) * 8 + (row & 7)];
  paintDisc(disc, (at, x, y) => {
    const bright = centred
      ? brightness(x / period, y / period, cell)
      : brightness(x / period + shiftX, y / period + shiftY, cell);
    for (let channel = 0; channel < 3; channel++) {
      canvas[at + channel] = middle[channel] + sign * bright * halves[channel];
    }
  });
}

/** Calls `paint` for each pixel of a disc, with its position in the canvas and its offset from the disc's centre. */
function paintDisc(disc: Disc, paint: (at: number, x: number, y: number) => void): void {
  const { x: centreX, y: centreY, radius } = disc;
  for (let row = Math.max(0, Math.floor(centreY - radius)); row < Math.min(SIZE, centreY + radius); row++) {
    for (let column = Math.max(0, Math.floor(centreX - radius)); column < Math.min(SIZE, centreX + radius); column++) {
      const x = column + 0.5 - centreX;
      const y = row + 0.5 - centreY;
      if (x * x + y * y < radius * radius) paint(3 * (row * SIZE + column), x, y);
    }
  }
}

/** Adds uniform noise, one draw per pixel whose bytes serve the channels, and rounds to bytes. */
function withNoise(canvas: Float32Array, noise: number, rng: Rng): Uint8Array {
  const bytes = new Uint8ClampedArray(canvas.length);
  for (let at = 0; at < canvas.length; at += 3) {
    const word = rng.int(2 ** 32);
    for (let channel = 0; channel < 3; channel++) {
      const share = (((word >>> (8 * channel)) & 255) - 127.5) / 127.5;
      bytes[at + channel] = canvas[at + channel] + noise * share;
    }
  }
  return new Uint8Array(bytes.buffer);
}

function colour(rng: Rng): Colour {
  return [between([70, 185], rng), between([70, 185], rng), between([70, 185], rng)];
}

function between([least, greatest]: readonly [number, number], rng: Rng): number {
  return least + (greatest - least) * rng.uniform();
}
