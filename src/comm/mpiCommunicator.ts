import { setImmediate, setTimeout } from 'node:timers/promises';
import { Interrupted, stopIfAborted } from '../errors.js';
import type { Communicator } from './communicator.js';
import type { MpiLibrary } from './mpiLibrary.js';

/** A rank that waits looks this often without a pause: as long as a rank on the same machine is usually late. */
const EAGER_POLLS = 50;

/** Milliseconds between later looks. */
const PAUSE = 1;

/**
 * The ranks of an MPI job. MPI's own calls wait for other ranks by looking at memory all the time, which takes a core
 * from those that still work. So each call first waits, sleeping, until all ranks have come to it, and only then calls
 * MPI, on another thread. A rank that waits therefore still hears signals.
 *
 * A rank that came and then left would let the others call MPI without it, and they would wait forever. So ranks say as they
 * come whether they have been asked to stop, and if one has, all throw at the same call. Only rank 0 may leave at once:
 * it has a state to save, in little time, and ends the others after that.
 */
export class MpiCommunicator implements Communicator {
  readonly #mpi: MpiLibrary;
  readonly #signal: AbortSignal | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    mpi: MpiLibrary,
    readonly rank: number,
    readonly size: number,
    /** When aborted, the next call of all ranks throws Interrupted; after that, only `abort` can be called. */
    signal: AbortSignal | undefined,
  ) {
    this.#mpi = mpi;
    this.#signal = signal;
  }

  allReduce(values: Float32Array): Promise<void> {
    return this.#together(() => this.#mpi.allReduce(values));
  }

  broadcast(root: number, bytes: Uint8Array): Promise<Uint8Array> {
    return this.#together(async () => {
      const length = Float64Array.of(bytes.length);
      await this.#mpi.broadcast(root, new Uint8Array(length.buffer));
      const all = this.rank === root ? bytes : new Uint8Array(length[0]);
      await this.#mpi.broadcast(root, all);
      return all;
    });
  }

  barrier(): Promise<void> {
    return this.#together(() => Promise.resolve());
  }

  abort(code: number): void {
    this.#mpi.abort(code);
  }

  close(): Promise<void> {
    return this.#together(async () => this.#mpi.finalize());
  }

  /** Does `call` when all ranks have come to it, after the calls before it. */
  #together<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(async () => {
      await this.#arrival();
      return call();
    });
    // After a call that failed, ranks no longer agree on where they are, so later ones fail as well.
    this.#last = result;
    result.catch(() => undefined);
    return result;
  }

  async #arrival(): Promise<void> {
    const sum = this.#mpi.startSum(this.#signal?.aborted === true ? 1 : 0);
    let stopped = sum();
    for (let polls = 0; stopped === undefined; polls++) {
      if (this.rank === 0) stopIfAborted(this.#signal);
      await (polls < EAGER_POLLS ? setImmediate() : setTimeout(PAUSE));
      stopped = sum();
    }
    if (stopped > 0) throw new Interrupted();
  }
}
