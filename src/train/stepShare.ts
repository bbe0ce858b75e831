import type { Communicator } from '../comm/communicator.js';
import type { StepShare } from '../loader/loader.js';

/** The batches of a step that this rank takes: each rank an equal part of them, in the ranks' order. */
export function shareOf(batches: number, { rank, size }: Pick<Communicator, 'rank' | 'size'>): StepShare {
  if (batches % size !== 0) {
    throw new RangeError(`${size} ranks cannot share the ${batches} batches of a step equally`);
  }
  const count = batches / size;
  return { first: rank * count, count, of: batches };
}
