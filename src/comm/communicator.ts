/**
 * The processes that do one job together, and what they tell each other. All of them (the *ranks*, 0 to size − 1) run
 * the same program and call the same methods in the same order; each call ends when every rank has made it.
 *
 * A rank that fails calls {@link Communicator.abort}, which ends all of them: the others may be waiting for it.
 */
export interface Communicator {
  readonly rank: number;
  /** The number of ranks. */
  readonly size: number;
  /** Replaces `values`, of the same length on all ranks, by their sum over the ranks. */
  allReduce(values: Float32Array): Promise<void>;
  /** The bytes that rank `root` gives; what others give is not read. */
  broadcast(root: number, bytes: Uint8Array): Promise<Uint8Array>;
  /** Ends when every rank has called it. */
  barrier(): Promise<void>;
  /** Ends all ranks at once, this one included, with this exit code. Does not return where there are others. */
  abort(code: number): void;
  /** Leaves the job, when all ranks have called it. */
  close(): Promise<void>;
}

/** A process of its own. */
export const ALONE: Communicator = {
  rank: 0,
  size: 1,
  allReduce: () => Promise.resolve(),
  broadcast: (_root, bytes) => Promise.resolve(bytes),
  barrier: () => Promise.resolve(),
  abort: () => undefined,
  close: () => Promise.resolve(),
};
