/** Run by two ranks: both, or only rank 1, are asked to stop while rank 1 waits for rank 0. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { openCommunicator } from '../../../src/comm/openCommunicator.js';
import { Interrupted } from '../../../src/errors.js';

const controller = new AbortController();
const ranks = await openCommunicator(process.env, { signal: controller.signal });
const { rank } = ranks;
await ranks.barrier();
if (rank === 1 || process.argv[2] === 'both') void setTimeout(200).then(() => controller.abort());
if (rank === 0) await setTimeout(600);
// A rank that waits forever ends without a word.
void setTimeout(rank === 0 ? 5000 : 8000).then(() => ranks.abort(1));
let calls = 0;
await assert.rejects(async () => {
  for (; ; calls++) await ranks.allReduce(Float32Array.of(1));
}, Interrupted);
console.log(`rank ${rank} stops after ${calls} calls`);
await setTimeout(500);
ranks.abort(0);
