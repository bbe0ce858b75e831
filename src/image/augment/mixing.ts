import { UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import { withPair } from './imagePair.js';
import type { FloatImage } from './imagePair.js';

/**
 * Mixup (Zhang et al., 2018) and CutMix (Yun et al., 2019) of a whole batch, like timm's batch mode, which DeiT uses:
 * one draw per batch, image i with image B − 1 − i.
 */
export interface Mixing {
  /** Mixup draws λ from Beta(α, α); 0 turns mixup off. */
  readonly mixup: number;
  /** The same for CutMix. */
  readonly cutmix: number;
  /** Share of the batches to mix. */
  readonly probability: number;
  /** If both are on, the share of mixed batches that use CutMix. */
  readonly switchProbability: number;
}

/** How one batch is mixed: image i with image B − 1 − i. */
export interface Mix {
  /** The weight of image i's own label; its partner's is 1 − λ. */
  readonly lambda: number;
  /** CutMix: the box to take from the partner. Absent: mixup, λ · own + (1 − λ) · partner in every pixel. */
  readonly box?: Box;
}

/** Rows `top` to `bottom` − 1 and columns `left` to `right` − 1. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Height and width in pixels, for images that are not square. */
export interface Extent {
  readonly height: number;
  readonly width: number;
}

/** Throws a UserError for a parameter that makes no sense. */
export function checkMixing({ mixup, cutmix, probability, switchProbability }: Mixing): void {
  for (const [name, alpha] of Object.entries({ mixup, cutmix })) {
    if (!(alpha >= 0 && alpha < Infinity)) {
      throw new UserError(`mixing: ${name} is ${alpha}; give the α of a beta distribution, or 0 to switch it off`);
    }
  }
  for (const [name, share] of Object.entries({ probability, switchProbability })) {
    if (!(share >= 0 && share <= 1)) throw new UserError(`mixing: ${name} is ${share}; it must be 0 to 1`);
  }
}

/** Draws how to mix a batch of images with side `size`; undefined: not at all. */
export function drawMix(
  { mixup, cutmix, probability, switchProbability }: Mixing,
  size: number | Extent,
  rng: Rng,
): Mix | undefined {
  if ((mixup === 0 && cutmix === 0) || rng.uniform() >= probability) return undefined;
  const cuts = mixup === 0 || (cutmix > 0 && rng.uniform() < switchProbability);
  const alpha = cuts ? cutmix : mixup;
  const lambda = rng.beta(alpha, alpha);
  if (!cuts) return lambda === 1 ? undefined : { lambda };
  const { height, width } = extentOf(size);
  const mix = cutMix({ height, width }, lambda, { row: rng.int(height), column: rng.int(width) });
  return mix.lambda === 1 ? undefined : mix;
}

/**
 * CutMix with a drawn λ and centre: a box of √(1 − λ) of the image's sides, clipped at the edges. The resulting λ is
 * the share that the image keeps, which is more than drawn if the box is clipped.
 */
export function cutMix(
  { height, width }: Extent,
  drawn: number,
  { row, column }: { readonly row: number; readonly column: number },
): { readonly lambda: number; readonly box: Box } {
  const share = Math.sqrt(1 - drawn);
  const [top, bottom] = around(row, Math.floor(height * share), height);
  const [left, right] = around(column, Math.floor(width * share), width);
  return { lambda: 1 - ((bottom - top) * (right - left)) / (height * width), box: { top, bottom, left, right } };
}

/** A range of even length, about `length`, around `centre`, clipped to 0 ... end. */
function around(centre: number, length: number, end: number): [number, number] {
  const half = Math.floor(length / 2);
  return [Math.max(0, centre - half), Math.min(end, centre + half)];
}

/**
 * Fills `images`, float32 [B, 3, size, size], with the results of `put` for each position, mixed by `mix`. Partners are
 * made one after the other, while they are in cache. In an odd batch, the middle image is its own partner.
 */
export function fillMixed(
  images: Float32Array,
  size: number | Extent,
  mix: Mix | undefined,
  put: (place: number, image: FloatImage) => void,
): void {
  const { height, width } = extentOf(size);
  const length = 3 * height * width;
  withPair(length, (pair) => {
    for (let first = 0, last = images.length / length - 1; first <= last; first++, last--) {
      put(first, pair.own);
      if (last === first) pair.partner.values.set(pair.own.values);
      else put(last, pair.partner);
      if (mix?.box !== undefined) swap(pair.own.values, pair.partner.values, width, height, mix.box);
      else if (mix !== undefined) pair.blend(mix.lambda);
      images.set(pair.own.values, first * length);
      images.set(pair.partner.values, last * length);
    }
  });
}

/** Swaps the boxes in all three channels. */
function swap(one: Float32Array, other: Float32Array, width: number, height: number, box: Box): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let row = box.top; row < box.bottom; row++) {
      const start = (channel * height + row) * width;
      const kept = one.slice(start + box.left, start + box.right);
      one.set(other.subarray(start + box.left, start + box.right), start + box.left);
      other.set(kept, start + box.left);
    }
  }
}

function extentOf(size: number | Extent): Extent {
  return typeof size === 'number' ? { height: size, width: size } : size;
}
