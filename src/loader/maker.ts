import { setImmediate } from 'node:timers/promises';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { makeBatch } from './batch.js';
import type { BatchJob, BatchRecipe, MadeBatch, PixelType } from './batch.js';

/** Makes batches, here or in worker threads. Every maker gives the same bytes for the same recipe and job. */
export interface BatchMaker<T extends PixelType> {
  /** Rejects when the batch cannot be made or the maker is closed. */
  make(job: BatchJob): Promise<MadeBatch<T>>;
  /** Abandons unfinished batches within about one image's time and ends the threads. */
  close(): Promise<void>;
}

const CLOSED = 'the loader was closed before this batch was made';

/** Makes batches in the calling thread. */
export function inThread<T extends PixelType>(recipe: BatchRecipe<T>): BatchMaker<T> {
  let closed = false;
  return {
    async make(job) {
      // Stored images never wait; without a pause, the event loop would never see a signal or a timer.
      await setImmediate();
      const batch = closed ? undefined : await makeBatch(recipe, job, () => closed);
      if (batch === undefined) throw new Error(CLOSED);
      return batch;
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

/** A worker thread's start data. */
export interface WorkerStart {
  readonly recipe: BatchRecipe;
  /** [1], shared: nonzero once the thread must abandon its batches. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** Messages to a worker thread: a numbered job, or the request to end. */
export type WorkerRequest = { readonly id: number; readonly job: BatchJob } | 'end';

/** A worker thread's answer: the batch, nothing if it was stopped, or the error. */
export interface WorkerReply<T extends PixelType = PixelType> {
  readonly id: number;
  readonly batch?: MadeBatch<T> | undefined;
  readonly failure?: string;
}

interface Waiting<T extends PixelType> {
  readonly job: BatchJob;
  readonly resolve: (batch: MadeBatch<T>) => void;
  readonly reject: (error: Error) => void;
}

interface Member<T extends PixelType> {
  readonly worker: Worker;
  readonly inFlight: Map<number, Waiting<T>>;
}

/** Jobs per thread: the current one, and one more so that it never waits for a message. */
const JOBS_PER_WORKER = 2;

/** Makes batches in `count` worker threads. Idle threads do not keep the process alive. */
export function inWorkers<T extends PixelType>(recipe: BatchRecipe<T>, count: number): BatchMaker<T> {
  return new WorkerPool(recipe, count);
}

class WorkerPool<T extends PixelType> implements BatchMaker<T> {
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #queue: Waiting<T>[] = [];
  readonly #members: readonly Member<T>[];
  #sent = 0;
  #closing = false;
  #end: Error | undefined;

  constructor(recipe: BatchRecipe<T>, count: number) {
    this.#members = Array.from({ length: count }, () => this.#start({ recipe, stop: this.#stop }));
  }

  make(job: BatchJob): Promise<MadeBatch<T>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#fail(new Error(CLOSED));
    Atomics.store(this.#stop, 0, 1);
    // Let threads exit by themselves: terminating one inside native code can crash the process.
    await Promise.all(
      this.#members.map(async ({ worker }) => {
        if (worker.threadId === -1) return;
        const exit = once(worker, 'exit');
        worker.ref();
        worker.postMessage('end' satisfies WorkerRequest);
        await exit;
      }),
    );
  }

  #start(start: WorkerStart): Member<T> {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start });
    const member: Member<T> = { worker, inFlight: new Map() };
    worker.unref();
    worker.on('message', (reply: WorkerReply<T>) => {
      this.#settle(member, reply);
    });
    worker.on('error', (error: Error) => {
      this.#fail(new Error(`a thread that decodes images failed: ${error.message}`, { cause: error }));
    });
    worker.on('exit', () => {
      this.#fail(new Error('a thread that decodes images exited unexpectedly'));
    });
    return member;
  }

  #dispatch(): void {
    for (;;) {
      const member = this.#members.reduce((a, b) => (b.inFlight.size < a.inFlight.size ? b : a));
      if (member.inFlight.size >= JOBS_PER_WORKER) return;
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      const id = this.#sent++;
      member.inFlight.set(id, waiting);
      member.worker.ref();
      member.worker.postMessage({ id, job: waiting.job } satisfies WorkerRequest);
    }
  }

  #settle({ worker, inFlight }: Member<T>, { id, batch, failure }: WorkerReply<T>): void {
    const waiting = inFlight.get(id);
    inFlight.delete(id);
    // A batch that arrives while the pool closes must not let the process exit before the threads.
    if (inFlight.size === 0 && !this.#closing) worker.unref();
    if (batch === undefined) waiting?.reject(new Error(failure ?? CLOSED));
    else waiting?.resolve(batch);
    this.#dispatch();
  }

  /** Rejects all pending and future requests. Only the first cause counts. */
  #fail(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
    for (const { inFlight } of this.#members) {
      for (const { reject } of inFlight.values()) reject(error);
    }
  }
}
