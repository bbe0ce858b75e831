import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Interrupted } from '../errors.js';
import { costsOfSpace, costOfPath } from '../measure/cost.js';
import { formatLatencyTable, latenciesFrom, parseLatencyTable, type LatencyTable } from '../measure/latencyTable.js';
import { seeded } from '../random/rng.js';
import { openDevice, type Device } from '../runtime/device.js';
import { highLevelSpace } from '../space/highLevel.js';
import type { RunEvent } from '../telemetry/events.js';
import { TINY_BACKBONE } from '../../test/support/tinyNetworks.js';
import { measureTable } from './measureTable.js';

const space = highLevelSpace({ depth: 3, heads: 3, defaults: { kernel: 5 } });
const subject = { family: space.family, backbone: TINY_BACKBONE, depth: 3 };

describe('a measured table', () => {
  let device: Device;
  let table: LatencyTable;
  const events: RunEvent[] = [];
  before(async () => {
    device = await openDevice({ threads: 1 });
    const rng = seeded('table');
    const emit = (event: RunEvent): void => void events.push(event);
    table = await measureTable(device, TINY_BACKBONE, space, { batch: 2, rounds: 2, warmUp: 1, rng, emit });
  });
  after(() => device.close());

  test('has every block of the space once, the engine, and held-out networks', () => {
    assert.deepEqual(
      table.blocks.map(({ block }) => block),
      space.positions[0].map((block) => space.family.describeBlock(block)),
    );
    assert.ok(table.blocks.every(({ milliseconds }) => Number.isFinite(milliseconds)));
    assert.deepEqual([table.engine.device, table.engine.threads, table.engine.batch], ['cpu', 1, 2]);
    assert.match(table.engine.onnxruntime, /^\d+\.\d+\.\d+/);
    assert.equal(table.check.networks.length, 22);
    for (const { measured, again, predicted } of table.check.networks) {
      assert.ok(measured > 0 && again > 0 && Number.isFinite(predicted));
    }
  });

  test('predicts its held-out networks as the sums that a search works with', () => {
    const costs = costsOfSpace(TINY_BACKBONE, space, { latencies: latenciesFrom(table, subject, 'table') });
    const [fastest] = table.check.networks;
    const names = space.positions[0].map((block) => space.family.describeBlock(block));
    const { latency = NaN } = costOfPath(
      costs,
      fastest.blocks.map((name) => names.indexOf(name)),
    );
    assert.ok(Math.abs(latency - fastest.predicted) < 1e-9, `${latency} and ${fastest.predicted}`);
  });

  test('survives its file', () => {
    assert.deepEqual(parseLatencyTable(formatLatencyTable(table), 'file'), table);
  });

  test('reports its progress to the end', () => {
    const steps = events.flatMap((event) => (event.type === 'stageProgress' ? [event] : []));
    assert.equal(steps.at(-1)?.done, steps.at(-1)?.total);
    assert.equal(events.at(-1)?.type, 'stageFinished');
  });

  test('can be interrupted', async () => {
    const controller = new AbortController();
    const options = { batch: 1, rounds: 50, warmUp: 1, rng: seeded('stop'), signal: controller.signal };
    const emit = (event: RunEvent): void => {
      if (event.type === 'stageProgress') controller.abort();
    };
    await assert.rejects(measureTable(device, TINY_BACKBONE, space, { ...options, emit }), Interrupted);
  });
});
