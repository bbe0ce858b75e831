import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';

/** Which images make up the batch of each step: a pure function of the step, so that a resumed run goes on exactly. */
export interface BatchPlan {
  readonly batchesPerEpoch: number;
  /** Indices of the images of step 0, 1, 2, ..., counted over all epochs. */
  indicesOf(step: number): Int32Array;
}

/**
 * Training: every epoch is a new order of all images, drawn by `rng.fork(epoch)`; the images that do not fill a last
 * batch sit that epoch out. Throws a UserError when there are fewer images than a batch takes.
 */
export function shuffledPlan(count: number, batchSize: number, rng: Rng): BatchPlan {
  if (count < batchSize) {
    throw new UserError(`a batch takes ${batchSize} images and there are ${count}: lower the batch size or add images`);
  }
  const batchesPerEpoch = Math.floor(count / batchSize);
  let current = { epoch: 0, order: rng.fork(0).permutation(count) };
  return {
    batchesPerEpoch,
    indicesOf(step) {
      const epoch = Math.floor(step / batchesPerEpoch);
      if (epoch !== current.epoch) current = { epoch, order: rng.fork(epoch).permutation(count) };
      const start = (step % batchesPerEpoch) * batchSize;
      return current.order.slice(start, start + batchSize);
    },
  };
}

/** Evaluation: all images in their order, every epoch; the last batch holds what is left. */
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
