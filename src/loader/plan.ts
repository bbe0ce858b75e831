import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';

/** The images of each step's batch: a pure function of the step, so that a resumed run continues exactly. */
export interface BatchPlan {
  readonly batchesPerEpoch: number;
  /** Indices of the images of step 0, 1, 2, ..., counted over all epochs. */
  indicesOf(step: number): Int32Array;
}

/**
 * Training: every epoch is a new order of all images, drawn by `rng.fork(epoch)`; images that do not fill a last batch
 * are dropped for that epoch. Throws a UserError when there are fewer images than a batch needs.
 */
export function shuffledPlan(count: number, batchSize: number, rng: Rng): BatchPlan {
  return repeatedPlan(count, batchSize, rng, 1);
}

/**
 * Training with repeated augmentation (Hoffer et al., 2020; Berman et al., 2019): every image appears `repeats` times
 * in a row, augmented differently each time. The epoch keeps its length, so it covers one image in `repeats`. Epochs 0
 * ... repeats − 1 go through one order of all images, drawn by `rng.fork(0)`, the next `repeats` epochs through that of
 * `rng.fork(1)`. So, unlike in {@link officialRepeatedPlan}, no image is missed for long. Images that do not fill a
 * last batch are dropped for that round. Throws a UserError when there are fewer images than a batch needs.
 */
export function repeatedPlan(count: number, batchSize: number, rng: Rng, repeats: number): BatchPlan {
  if (count < batchSize) {
    throw new UserError(
      `a batch needs ${batchSize} images, but there are ${count}: lower the batch size or add images`,
    );
  }
  const batchesPerEpoch = Math.floor(count / batchSize);
  const orderOf = lastOrder(count, rng);
  return {
    batchesPerEpoch,
    indicesOf(step) {
      const stepsPerRound = batchesPerEpoch * repeats;
      const order = orderOf(Math.floor(step / stepsPerRound));
      const start = (step % stepsPerRound) * batchSize;
      return Int32Array.from({ length: batchSize }, (_, slot) => order[Math.floor((start + slot) / repeats)]);
    },
  };
}

/**
 * Repeated augmentation like DeiT's sampler on one process: every epoch draws a new order and takes the first ⌊n/256⌋ ·
 * 256 entries of the list with each image `repeats` times. For ImageNet that is about one epoch. But up to 255 entries
 * are lost, a set of fewer than 256 images gives an empty epoch, and since every epoch draws its third of the images
 * again, chance decides when an image is seen. {@link repeatedPlan} has none of these problems; this one is for
 * comparisons. Throws a UserError when an epoch has no full batch.
 */
export function officialRepeatedPlan(count: number, batchSize: number, rng: Rng, repeats: number): BatchPlan {
  const places = officialSelection(count, 1);
  const batchesPerEpoch = Math.floor(places / batchSize);
  if (batchesPerEpoch === 0) {
    throw new UserError(
      `the official repeated augmentation takes ${places} of ${count} images per epoch, less than a batch of ` +
        `${batchSize}: use repeated augmentation without "official", or add images`,
    );
  }
  const orderOf = lastOrder(count, rng);
  return {
    batchesPerEpoch,
    indicesOf(step) {
      const order = orderOf(Math.floor(step / batchesPerEpoch));
      const start = (step % batchesPerEpoch) * batchSize;
      return Int32Array.from({ length: batchSize }, (_, slot) => order[Math.floor((start + slot) / repeats)]);
    },
  };
}

/** How DeiT's sampler distributes a data set. */
export interface Replicas {
  readonly repeats: number;
  /** The number of processes, and this process's index. */
  readonly replicas: number;
  readonly rank: number;
}

/**
 * The images that one process of DeiT's sampler visits in one epoch, in order: the first ⌊⌊n/256⌋ · 256 / replicas⌋ of
 * its {@link replicaShare}. `order` is the epoch's permutation of all n images.
 */
export function officialRepeatedIndices(order: Int32Array, replicas: Replicas): Int32Array {
  return replicaShare(order, replicas).slice(0, officialSelection(order.length, replicas.replicas));
}

/**
 * Entries rank, rank + replicas, ... of the list with every image of `order` `repeats` times in a row, padded from its
 * own start to a multiple of `replicas`. So the repeats of an image go to different processes.
 */
export function replicaShare(order: Int32Array, { repeats, replicas, rank }: Replicas): Int32Array {
  const places = order.length * repeats;
  const place = (at: number): number => (rank + at * replicas) % places;
  return Int32Array.from({ length: Math.ceil(places / replicas) }, (_, at) => order[Math.floor(place(at) / repeats)]);
}

function officialSelection(count: number, replicas: number): number {
  return Math.floor((Math.floor(count / 256) * 256) / replicas);
}

/** Orders of `count` images by number. The last one is cached, since steps are mostly consecutive. */
function lastOrder(count: number, rng: Rng): (number: number) => Int32Array {
  let current = { number: 0, order: rng.fork(0).permutation(count) };
  return (number) => {
    if (number !== current.number) current = { number, order: rng.fork(number).permutation(count) };
    return current.order;
  };
}

/** Evaluation: all images in order, every epoch; the last batch has the rest. */
export function orderedPlan(count: number, batchSize: number): BatchPlan {
  const batchesPerEpoch = Math.ceil(count / batchSize);
  return {
    batchesPerEpoch,
    indicesOf(step) {
      const start = (step % batchesPerEpoch) * batchSize;
      return Int32Array.from({ length: Math.min(batchSize, count - start) }, (_, offset) => start + offset);
    },
  };
}
