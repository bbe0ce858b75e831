import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { float32 } from '../tensor/tensor.js';
import { openDevice, type Device } from './device.js';
import { Engines } from './engines.js';

let device: Device;
before(async () => {
  device = await openDevice({ threads: 3 });
});
after(() => device.close());

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('engines', () => {
  test('share out the threads of the device, and a single one is the device itself', async () => {
    const threadsOf = async (count: number): Promise<number[]> => {
      const engines = await Engines.open(device, count);
      const items = Array.from({ length: count }, (_, at) => at);
      const used = await collect(engines.inOrder(items, (_, each) => wait(20, each)));
      await engines.close();
      assert.equal(new Set(used).size, count, 'each works on one of its own');
      if (count === 1) assert.equal(used[0], device);
      return used.map(({ threads }) => threads);
    };
    assert.deepEqual(await threadsOf(1), [3]);
    assert.deepEqual(await threadsOf(2), [2, 1]);
    assert.deepEqual(await threadsOf(4), [1, 1, 1, 1]);
  });

  test('work side by side, and give results in the order of the items', async () => {
    const engines = await Engines.open(device, 2);
    let [running, most] = [0, 0];
    const delays = [60, 5, 40, 5, 5];
    const results = engines.inOrder(delays, async (delay) => {
      most = Math.max(most, ++running);
      await wait(delay);
      running -= 1;
      return delay;
    });
    assert.deepEqual(await collect(results), delays);
    assert.equal(most, 2);
    await engines.close();
  });

  test('begin nothing after a failure, and end what is under way before it is thrown', async () => {
    const engines = await Engines.open(device, 2);
    const begun: number[] = [];
    const ended: number[] = [];
    const results = engines.inOrder([0, 1, 2, 3], async (item) => {
      begun.push(item);
      await wait(item === 1 ? 5 : 40);
      ended.push(item);
      if (item === 1) throw new Error('one failed');
      return item;
    });
    const got: number[] = [];
    await assert.rejects(async () => {
      for await (const result of results) got.push(result);
    }, /one failed/);
    assert.deepEqual([got, begun, ended], [[0], [0, 1], [1, 0]]);
    assert.deepEqual(await collect(engines.inOrder([7], (item) => Promise.resolve(item))), [7], 'they can go on');
    await engines.close();
  });

  test('leave all but one idle when memory is short', async () => {
    const left: number[] = [];
    const engines = await Engines.open(device, 3, { isShort: () => true, onRetired: (count) => left.push(count) });
    let [running, most] = [0, 0];
    const used = new Set<Device>();
    const items = Array.from({ length: 9 }, (_, at) => at);
    const measured = engines.inOrder(items, async (item, engine) => {
      used.add(engine);
      running += 1;
      if (item > 4) most = Math.max(most, running);
      await wait(10);
      running -= 1;
      return item;
    });
    assert.deepEqual(await collect(measured), items);
    assert.equal(most, 1);
    assert.deepEqual(left, [2, 1]);
    const closed = await Promise.all(
      [...used].map((engine) =>
        engine.upload(float32([1], [1])).then(
          () => false,
          () => true,
        ),
      ),
    );
    assert.equal(closed.filter(Boolean).length, 2, 'the others have given their memory back');
    await engines.close();
  });
});
