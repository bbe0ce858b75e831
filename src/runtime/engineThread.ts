/**
 * The main thread's side of the worker: turns calls into promises, and keeps the process from hanging or aborting on
 * exit.
 */
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { EngineSettings } from './engine.js';
import { BUSY, CLOSING, SHARED_WORDS, type CallName, type Calls, type Message, type Reply } from './protocol.js';
import type { WorkerStart } from './worker.js';

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

const open = new Set<EngineThread>();

export class EngineThread {
  private readonly words = new Int32Array(new SharedArrayBuffer(SHARED_WORDS * Int32Array.BYTES_PER_ELEMENT));
  private readonly pending = new Map<number, Pending>();
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  private lastId = 0;
  /** Why calls are rejected, once they are. */
  private stopped: Error | undefined;

  constructor(settings: EngineSettings) {
    const start: WorkerStart = { settings, shared: this.words.buffer };
    // Drop this process's flags: some, such as --input-type, keep a worker from starting.
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start, execArgv: [] });
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))));
    this.ended = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.fail(new Error('the device was closed'));
        open.delete(this);
        if (open.size === 0) process.off('exit', stopAll);
        resolve();
      });
    });
    if (open.size === 0) process.on('exit', stopAll);
    open.add(this);
  }

  get isClosed(): boolean {
    return this.stopped !== undefined;
  }

  /** Sends a call; calls are executed in order. `transfer` moves buffers instead of copying them. */
  call<K extends CallName>(
    call: K,
    request: Calls[K]['request'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Calls[K]['reply']> {
    if (this.stopped !== undefined) return Promise.reject(this.stopped);
    return new Promise((resolve, reject) => {
      const message: Message<K> = { id: ++this.lastId, call, request };
      this.worker.postMessage(message, transfer);
      // A pending answer keeps the process alive, an idle worker does not.
      if (this.pending.size === 0) this.worker.ref();
      this.pending.set(message.id, { resolve, reject });
    });
  }

  /** Waits for the call in flight, rejects queued calls, and ends the worker. */
  async close(): Promise<void> {
    if (this.stopped === undefined) {
      const closed = this.call('close', undefined);
      this.stopped = new Error('the device was closed');
      Atomics.store(this.words, CLOSING, 1);
      await closed;
    }
    this.worker.ref();
    await this.ended;
  }

  /** Blocks until no native code runs, for a process that is exiting. */
  stop(): void {
    Atomics.store(this.words, CLOSING, 1);
    Atomics.wait(this.words, BUSY, 1);
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.worker.unref();
    if ('error' in reply) pending?.reject(new (reply.isUserError ? UserError : Error)(reply.error));
    else pending?.resolve(reply.value as never);
  }

  private fail(error: Error): void {
    this.stopped ??= error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

function stopAll(): void {
  for (const thread of open) thread.stop();
}
