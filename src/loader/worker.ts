// The worker thread of a loader: makes batches on request until it is asked to end.
import { parentPort, workerData } from 'node:worker_threads';
import { makeBatch } from './batch.js';
import type { BatchJob } from './batch.js';
import type { WorkerReply, WorkerRequest, WorkerStart } from './maker.js';

const port = parentPort;
if (port === null) throw new Error('this module runs as a worker thread only');
const { recipe, stop } = workerData as WorkerStart;
const stopped = (): boolean => Atomics.load(stop, 0) !== 0;

async function answer(id: number, job: BatchJob): Promise<void> {
  let reply: WorkerReply;
  try {
    reply = { id, batch: await makeBatch(recipe, job, stopped) };
  } catch (error) {
    reply = { id, failure: `batch of step ${job.step}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const memory = reply.batch?.images.buffer;
  if (!stopped()) port?.postMessage(reply, memory instanceof ArrayBuffer ? [memory] : []);
}

port.on('message', (request: WorkerRequest) => {
  if (request === 'end') port.close();
  else void answer(request.id, request.job);
});
