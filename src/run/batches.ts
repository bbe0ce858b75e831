import type { Batch } from '../loader/loader.js';
import { bytesOf } from '../image/image.js';

/** The memory limit for caching the batches that every candidate sees. */
const KEPT_BYTES = 2 ** 30;

/** A series of batches that can be iterated repeatedly. */
export interface RepeatedBatches {
  [Symbol.asyncIterator](): AsyncIterator<Batch>;
}

/**
 * A series of batches with `images` images of `size` × `size`, on which many candidates are measured. It is cached if
 * it takes little memory, else made again for each iteration.
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
