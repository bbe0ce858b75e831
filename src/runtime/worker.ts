/** The worker thread's entry: answers calls in order, and ends after `close`. */
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { Engine, EngineSettings } from './engine.js';
import {
  BUSY,
  CLOSING,
  type CallName,
  type Calls,
  type Message,
  type Reply,
  type TimeRequest,
  type Timings,
} from './protocol.js';

/** The main thread's data for this worker. */
export interface WorkerStart {
  readonly settings: EngineSettings;
  readonly shared: SharedArrayBuffer;
}

if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
const { settings, shared } = workerData as WorkerStart;
const words = new Int32Array(shared);
let engine: Engine | undefined;
let last: Promise<void> = Promise.resolve();
port.on('message', (message: Message) => {
  last = last.then(() => answer(message));
});

async function answer(message: Message): Promise<void> {
  // Set BUSY before reading CLOSING: the main thread sets CLOSING and then waits while BUSY.
  Atomics.store(words, BUSY, 1);
  try {
    reply({ id: message.id, value: await done(message) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    reply({ id: message.id, error: text, isUserError: error instanceof UserError });
  } finally {
    Atomics.store(words, BUSY, 0);
    Atomics.notify(words, BUSY);
  }
  if (message.call === 'close') port.close();
}

async function done({ call, request }: Message): Promise<Calls[CallName]['reply']> {
  // An engine that did not start has nothing to close.
  if (call === 'close') return engine?.close(undefined);
  if (Atomics.load(words, CLOSING) === 1) throw new Error('the device was closed');
  engine ??= await createEngine(settings);
  return call === 'time' ? timed(engine, request as TimeRequest) : perform(engine, call, request);
}

/** Times runs without the way to this thread; outputs arrive on the host, as for a caller. */
async function timed(on: Engine, { runs, ...request }: TimeRequest): Promise<Timings> {
  const milliseconds: number[] = [];
  for (let at = 0; at < runs; at++) {
    const began = performance.now();
    await on.run(request);
    milliseconds.push(performance.now() - began);
  }
  return { milliseconds };
}

/** Loads the engine of the device's kind, and no other. Throws a UserError when it is not installed. */
async function createEngine({ kind, threads, precision }: EngineSettings): Promise<Engine> {
  if (kind === 'openvino') {
    const { OpenVinoEngine } = await import('./openvino/engine.js');
    return new OpenVinoEngine({ threads, precision });
  }
  const [{ OrtEngine }, { ort }] = await Promise.all([
    import('./onnxruntime/engine.js'),
    import('./onnxruntime/ort.node.js'),
  ]);
  return new OrtEngine(ort, { kind, threads });
}

function perform<K extends keyof Engine>(
  to: Engine,
  call: K,
  request: Calls[K]['request'],
): Promise<Calls[K]['reply']> {
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
