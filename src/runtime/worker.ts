/** The worker thread's entry: answers calls in order, and ends after `close`. */
import { parentPort, workerData } from 'node:worker_threads';
import { Engine, type Handlers } from './engine.js';
import type { SessionSettings } from './ort.js';
import { ort } from './ort.node.js';
import { BUSY, CLOSING, type CallName, type Calls, type Message, type Reply } from './protocol.js';

/** The main thread's data for this worker. */
export interface WorkerStart {
  readonly settings: SessionSettings;
  readonly shared: SharedArrayBuffer;
}

if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
const { settings, shared } = workerData as WorkerStart;
const words = new Int32Array(shared);
const handlers: Handlers = new Engine(ort, settings);

let last: Promise<void> = Promise.resolve();
port.on('message', (message: Message) => {
  last = last.then(() => answer(message));
});

async function answer(message: Message): Promise<void> {
  // Set BUSY before reading CLOSING: the main thread sets CLOSING and then waits while BUSY.
  Atomics.store(words, BUSY, 1);
  try {
    if (message.call !== 'close' && Atomics.load(words, CLOSING) === 1) throw new Error('the device was closed');
    const value = await perform(handlers, message.call, message.request);
    reply({ id: message.id, value });
  } catch (error) {
    reply({ id: message.id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    Atomics.store(words, BUSY, 0);
    Atomics.notify(words, BUSY);
  }
  if (message.call === 'close') port.close();
}

function perform<K extends CallName>(to: Handlers, call: K, request: Calls[K]['request']): Promise<Calls[K]['reply']> {
  return to[call](request);
}

/** Tensors in an answer are unshared copies, so their buffers are moved, not copied. */
function reply(message: Reply): void {
  const value = 'value' in message ? message.value : undefined;
  const tensors =
    value === undefined ? [] : 'data' in value ? [value] : 'inputs' in value || 'milliseconds' in value ? [] : value;
  port.postMessage(
    message,
    tensors.map(({ data }) => data.buffer as ArrayBuffer),
  );
}
