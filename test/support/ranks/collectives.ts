/** Run by several ranks: every call of a communicator, with results that only a right one gives. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { agreed, gathered, sharedOut } from '../../../src/comm/exchange.js';
import { openCommunicator } from '../../../src/comm/openCommunicator.js';
import { threadShare } from '../../../src/comm/sharedCores.js';

const ranks = await openCommunicator(process.env);
const { rank, size } = ranks;
assert.equal(size, Number(process.argv[2]));

// Small, large, and of a length that no number of ranks divides; a view into a larger buffer.
for (const length of [1, 1001, 300_007]) {
  const buffer = new Float32Array(length + 2).fill(7);
  const values = buffer.subarray(1, length + 1);
  values.forEach((_, at) => (values[at] = (at % 100) * (rank + 1)));
  await ranks.allReduce(values);
  const factor = (size * (size + 1)) / 2;
  assert.ok(values.every((value, at) => value === (at % 100) * factor));
  assert.deepEqual([buffer[0], buffer[length + 1]], [7, 7]);
}

// From every rank, also nothing at all.
for (let root = 0; root < size; root++) {
  const own = rank === root ? Uint8Array.from({ length: 100_001 }, (_, at) => at + root) : new Uint8Array(3);
  const bytes = await ranks.broadcast(root, own);
  assert.equal(bytes.length, 100_001);
  assert.ok(bytes.every((value, at) => value === (at + root) % 256));
  assert.equal((await ranks.broadcast(root, new Uint8Array(0))).length, 0);
}

// Calls that are not awaited keep their order.
const [first, second] = [Float32Array.of(rank), Float32Array.of(1)];
await Promise.all([ranks.allReduce(first), ranks.allReduce(second), ranks.barrier()]);
assert.deepEqual([first[0], second[0]], [(size * (size - 1)) / 2, size]);

assert.deepEqual(
  await gathered(ranks, { rank, value: 0.1 + rank }),
  Array.from({ length: size }, (_, at) => ({ rank: at, value: 0.1 + at })),
);
assert.deepEqual(await agreed(ranks, () => ({ by: rank, nothing: undefined })), { by: 0 });
const shared = await sharedOut(ranks, [5, 6, 7, 8, 9], (share) =>
  Promise.resolve(share.map((item) => ({ item, by: rank }))),
);
assert.deepEqual(
  shared,
  [5, 6, 7, 8, 9].map((item, at) => ({ item, by: at % size })),
);
assert.ok((await threadShare(ranks)) >= 1);

// A rank that waits sleeps, and its event loop goes on.
await ranks.barrier();
if (rank === 0) {
  const before = process.cpuUsage();
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 20);
  await ranks.barrier();
  clearInterval(ticking);
  const { user, system } = process.cpuUsage(before);
  assert.ok(ticks >= 10, `${ticks} ticks`);
  assert.ok(user + system < 400_000, `${(user + system) / 1000} ms of processor time in a second of waiting`);
} else {
  await setTimeout(1000);
  await ranks.barrier();
}

await ranks.close();
console.log(`rank ${rank} is done`);
