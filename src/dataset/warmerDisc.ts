import { bytesOf, toPlanes } from '../image/image.js';
import type { Rng } from '../random/rng.js';
import type { Dataset } from './dataset.js';
import { emptyStore } from './source.js';
import type { StoredSource } from './source.js';

/** The number of images of each split. */
export interface WarmerDiscOptions {
  readonly trainImages: number;
  readonly testImages: number;
}

/** Enough images that a network of the demo does not learn them by heart. */
export const WARMER_DISC: WarmerDiscOptions = { trainImages: 10_000, testImages: 2_000 };

const SIZE = 32;
/** Large enough that some patches of 4 × 4 pixels lie in a disc whole, and small enough that two fit beside each other. */
const RADIUS: Range = [6, 7.2];
const PERIOD: Range = [3.6, 4.8];
/** The brighter grey of a texture minus the darker. */
const CONTRAST: Range = [90, 130];
const BACKGROUND: Range = [90, 165];
const DISC_GREY: Range = [115, 140];
/** Red minus blue, halved, of the warmest possible colour minus that of the coolest. */
const WARMTH = 110;
/** Least difference in warmth between the two discs, as a share of the whole range. */
const LEAST_GAP = 0.2;
/** Pixels between discs. */
const SPACE = 0.5;
/** Largest noise added to a pixel. */
const NOISE = 12;
const ATTEMPTS = 40;

type Range = readonly [number, number];

/** Brightness, from -1 to 1, of a texture at (x, y); `cell` is a value of ±1 drawn for each of its cells. */
type Texture = (x: number, y: number, cell: (column: number, row: number) => number) => number;

/** In units of the period. Mirroring an image left to right does not change its class. */
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

interface Place {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A disc of an image; `warmth` is 0 for the coolest colour and 1 for the warmest. */
export interface Disc extends Place {
  readonly texture: string;
  readonly warmth: number;
}

/**
 * A synthetic set of 32 × 32 images in five classes, to try glit without a download. An image shows two discs with
 * different textures and warmths, from blue to red. The class is the texture of the warmer disc. A texture is fine and
 * local. Which disc is the warmer is a comparison of distant places: the same colour is the warmer in one image and
 * not in another. The places, the background and the other texture are independent of the class.
 *
 * Each image is a function of `rng`, its split and its index alone. Classes take turns, so they are balanced.
 */
export function warmerDisc(rng: Rng, { trainImages, testImages }: WarmerDiscOptions = WARMER_DISC): Dataset {
  const classes = TEXTURE_NAMES;
  const train = draw(classes, trainImages, rng.fork('train'));
  const test = draw(classes, testImages, rng.fork('test'));
  return { name: 'warmer-disc', classes, train, test, notices: [] };
}

function draw(classes: readonly string[], count: number, rng: Rng): StoredSource {
  const store = emptyStore(count, SIZE);
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes.length);
  labels.forEach((label, index) => {
    store.pixels.set(toPlanes(drawImage(label, rng.fork(index)), SIZE).pixels, index * bytesOf(SIZE));
  });
  return { classes, labels, store, rows: Int32Array.from(labels.keys()) };
}

/** An image of the first class, as interleaved bytes [side, side, 3]. */
export function exampleImage(rng: Rng): { readonly side: number; readonly pixels: Uint8Array } {
  return { side: SIZE, pixels: drawImage(0, rng) };
}

/** Interleaved bytes [32, 32, 3] of an image of class `label`. */
function drawImage(label: number, rng: Rng): Uint8Array {
  const canvas = new Float32Array(bytesOf(SIZE));
  paintBackground(canvas, rng);
  for (const disc of drawDiscs(label, rng)) paintDisc(canvas, disc, rng);
  return withNoise(canvas, rng);
}

/** The two discs of an image of class `label`, the warmer first. */
export function drawDiscs(label: number, rng: Rng): Disc[] {
  // The second place lies in what room the first one left, mostly near an edge, so the warmer disc takes either.
  const places = rng.shuffle(placeDiscs(rng));
  const texture = TEXTURE_NAMES[label];
  const [other] = rng.shuffle(TEXTURE_NAMES.filter((name) => name !== texture));
  const textures = [texture, other];
  const warmths = drawWarmths(rng);
  return places.map((place, at) => ({ ...place, texture: textures[at], warmth: warmths[at] }));
}

/** Two numbers from 0 to 1, the first well above the second. */
function drawWarmths(rng: Rng): number[] {
  for (;;) {
    const warmths = [rng.uniform(), rng.uniform()].sort((a, b) => b - a);
    if (warmths[0] - warmths[1] >= LEAST_GAP) return warmths;
  }
}

/** Two places that do not touch. */
function placeDiscs(rng: Rng): Place[] {
  for (;;) {
    const places: Place[] = [];
    while (places.length < 2) {
      const place = placeBeside(places, rng);
      if (place === undefined) break;
      places.push(place);
    }
    if (places.length === 2) return places;
  }
}

/** A place inside the image that touches none of `others`, if one turns up. */
function placeBeside(others: readonly Place[], rng: Rng): Place | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const radius = between(RADIUS, rng);
    const x = between([radius, SIZE - radius], rng);
    const y = between([radius, SIZE - radius], rng);
    const free = others.every((other) => Math.hypot(other.x - x, other.y - y) > other.radius + radius + SPACE);
    if (free) return { x, y, radius };
  }
  return undefined;
}

/** A gradient between two greys in a random direction. */
function paintBackground(canvas: Float32Array, rng: Rng): void {
  const from = between(BACKGROUND, rng);
  const to = between(BACKGROUND, rng);
  const angle = between([0, 2 * Math.PI], rng);
  const alongX = Math.cos(angle) / SIZE;
  const alongY = Math.sin(angle) / SIZE;
  for (let y = 0, at = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++, at += 3) {
      const share = 0.5 + (x - SIZE / 2) * alongX + (y - SIZE / 2) * alongY;
      canvas.fill(from + share * (to - from), at, at + 3);
    }
  }
}

/** A textured disc with its own grey, contrast, period and phase. */
function paintDisc(canvas: Float32Array, { x: centreX, y: centreY, radius, texture, warmth }: Disc, rng: Rng): void {
  const brightness = TEXTURES[texture];
  const grey = between(DISC_GREY, rng);
  const half = between(CONTRAST, rng) / 2;
  const period = between(PERIOD, rng);
  const shiftX = rng.uniform();
  const shiftY = rng.uniform();
  const sign = rng.uniform() < 0.5 ? -1 : 1;
  const cells = Int8Array.from({ length: 64 }, () => (rng.uniform() < 0.5 ? -1 : 1));
  const cell = (column: number, row: number): number => cells[(column & 7) * 8 + (row & 7)];
  // Rings are centred on their disc, the other textures start anywhere.
  const [startX, startY] = texture === 'rings' ? [0, 0] : [shiftX, shiftY];
  const red = (warmth - 0.5) * WARMTH;
  const colour = [grey + red, grey, grey - red];
  for (let row = Math.max(0, Math.floor(centreY - radius)); row < Math.min(SIZE, centreY + radius); row++) {
    for (let column = Math.max(0, Math.floor(centreX - radius)); column < Math.min(SIZE, centreX + radius); column++) {
      const x = column + 0.5 - centreX;
      const y = row + 0.5 - centreY;
      if (x * x + y * y >= radius * radius) continue;
      const bright = sign * half * brightness(x / period + startX, y / period + startY, cell);
      colour.forEach((value, channel) => {
        canvas[3 * (row * SIZE + column) + channel] = value + bright;
      });
    }
  }
}

/** Adds uniform noise, one draw per pixel whose bytes serve the channels, and rounds to bytes. */
function withNoise(canvas: Float32Array, rng: Rng): Uint8Array {
  const bytes = new Uint8ClampedArray(canvas.length);
  for (let at = 0; at < canvas.length; at += 3) {
    const word = rng.int(2 ** 32);
    for (let channel = 0; channel < 3; channel++) {
      const share = (((word >>> (8 * channel)) & 255) - 127.5) / 127.5;
      bytes[at + channel] = canvas[at + channel] + NOISE * share;
    }
  }
  return new Uint8Array(bytes.buffer);
}

function between([least, greatest]: Range, rng: Rng): number {
  return least + (greatest - least) * rng.uniform();
}
