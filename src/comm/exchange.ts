import type { Communicator } from './communicator.js';

/** Exchanges of plain data (what JSON can hold) and of shares of work, made of a communicator's broadcasts. */

/**
 * What rank 0 decides, on all ranks. For decisions that each rank might take differently, because they depend on a clock
 * or on files of one machine. On the other ranks, `decide` is not called.
 */
export async function agreed<T>(ranks: Communicator, decide: () => T | Promise<T>): Promise<T> {
  if (ranks.size === 1) return decide();
  return received(await ranks.broadcast(0, ranks.rank === 0 ? sent(await decide()) : NOTHING)) as T;
}

/** The value of every rank, in their order, on all ranks. */
export async function gathered<T>(ranks: Communicator, own: T): Promise<T[]> {
  if (ranks.size === 1) return [own];
  const values: T[] = [];
  for (let root = 0; root < ranks.size; root++) {
    values.push(received(await ranks.broadcast(root, root === ranks.rank ? sent(own) : NOTHING)) as T);
  }
  return values;
}

/**
 * Does independent work on all ranks, each on a share of the items, and returns all results in the items' order, to the
 * last bit what one process would get. `work` gives one result per item.
 */
export async function sharedOut<Item, Result>(
  ranks: Communicator,
  items: readonly Item[],
  work: (share: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const all = await gathered(ranks, await work(items.filter((_, at) => at % ranks.size === ranks.rank)));
  return items.map((_, at) => all[at % ranks.size][Math.floor(at / ranks.size)]);
}

const NOTHING = new Uint8Array(0);

function sent(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ value }));
}

function received(bytes: Uint8Array): unknown {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { readonly value?: unknown }).value;
}
