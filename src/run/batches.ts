import type { Batch } from '../loader/loader.js';
import { bytesOf } from '../image/image.js';

/** The most memory that is spent on keeping the batches that every candidate sees. */
const KEPT_BYTES = 2 ** 30;

/** A series of batches that can be gone through again and again. */
export interface RepeatedBatches {
  [Symbol.asyncIterator](): AsyncIterator<Batch>;
}

/**
 * A series of `images` images of `size` × `size` that many candidates are measured on: made once and kept if that takes
 * little memory, else made anew each time it is gone through.
 */
export function repeated(make: () => AsyncIterable<Batch>, images: number, size: number): RepeatedBatches {
  if (images * bytesOf(size) > KEPT_BYTES) return { [Symbol.asyncIterator]: () => make()[Symbol.asyncIterator]() };
  let kept: Batch[] | undefined;
  return {
    async *[Symbol.asyncIterator]() {
      if (kept !== undefined) {
        yield* kept;
        return;
      }
      const made: Batch[] = [];
      for await (const batch of make()) {
        made.push(batch);
        yield batch;
      }
      kept = made;
    },
  };
}
