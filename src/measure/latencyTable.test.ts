import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { block } from '../family/glit/block.js';
import { glit } from '../family/glit/family.js';
import { formatLatencyTable, latenciesFrom, parseLatencyTable, type LatencyTable } from './latencyTable.js';

const errors = { within10: 1, median: 0, p95: 0 };
const table: LatencyTable = {
  format: 'glit-latency/1',
  machine: { cpu: 'any', platform: 'linux', arch: 'x64' },
  engine: { device: 'cpu', onnxruntime: '1.30.0', threads: 2, batch: 1 },
  timing: { rounds: 15, warmUp: 5 },
  family: 'glit',
  backbone: { imageSize: 32, patchSize: 4, dim: 48, heads: 3, classes: 10 },
  depth: 6,
  space: 'released',
  check: { prediction: errors, constant: errors, repetition: errors, networks: [] },
  trunk: 0.05,
  blocks: [{ block: 'G3 d1 f4', input: [1, 65, 48], milliseconds: 0.25 }],
};
const backbone = { imageSize: 32, patchSize: 4, dim: 48, heads: 3, classes: 10 };
const subject = { family: glit, backbone, depth: 6 };
const attention = block({ globalHeads: 3, localHeads: 0 });

describe('a latency table', () => {
  test('survives its file', () => {
    assert.deepEqual(parseLatencyTable(formatLatencyTable(table), 'file'), table);
  });

  test('answers for its blocks', () => {
    const latencies = latenciesFrom(table, subject, 'latency.json');
    assert.equal(latencies.trunk, 0.05);
    assert.equal(latencies.ofBlock(attention, [1, 65, 48]), 0.25);
  });

  test('says in one line what it lacks', () => {
    const latencies = latenciesFrom(table, subject, 'latency.json');
    const mixed = block({ globalHeads: 1, localHeads: 2 });
    assert.throws(() => latencies.ofBlock(mixed, [1, 65, 48]), {
      name: 'UserError',
      message: /^latency\.json is of the space "released" and has no block G1L2 .*; measure .* glit latency measure$/,
    });
    assert.throws(() => latencies.ofBlock(attention, [1, 17, 48]), /has no block G3/);
    for (const [other, message] of [
      [{ backbone: { ...backbone, dim: 96 } }, /^latency\.json is for dim 48, but the network has 96; measure/],
      [{ backbone: { ...backbone, classes: 100 } }, /is for classes 10, but the network has 100/],
      [{ depth: 12 }, /is for networks of 6 blocks, not of 12/],
    ] as const) {
      assert.throws(() => latenciesFrom(table, { ...subject, ...other }, 'latency.json'), {
        name: 'UserError',
        message,
      });
    }
    assert.throws(() => latenciesFrom({ ...table, family: 'swin' }, subject, 'latency.json'), /of swin networks/);
  });

  test('is refused where it is none', () => {
    for (const text of ['', '[]', 'null', '{"format":"other"}', 'not JSON']) {
      assert.throws(() => parseLatencyTable(text, 'a.json'), {
        name: 'UserError',
        message: /^a\.json is no latency table of this version; write one with glit latency measure$/,
      });
    }
    const broken = formatLatencyTable(table).replace('"milliseconds":0.25', '"milliseconds":"fast"');
    assert.throws(() => parseLatencyTable(broken, 'a.json'), {
      name: 'UserError',
      message: /^a\.json: blocks\.0\.milli/,
    });
  });
});
