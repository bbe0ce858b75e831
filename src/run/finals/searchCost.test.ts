import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunEvent } from '../../telemetry/events.js';
import type { Entry } from '../../telemetry/journal.js';
import type { NetworkRole, Stage } from '../../telemetry/stage.js';
import { searchCost } from './searchCost.js';

const trained = (network: NetworkRole): Stage => ({ kind: 'train', network });

test('the cost of a search, or of random search, is the time before the events of its stages, over all processes', () => {
  const events: readonly (readonly [processorSeconds: number, Stage | undefined])[] = [
    [5, undefined],
    [7, { kind: 'images' }],
    [10, { kind: 'supernet', level: 'high' }],
    [20, { kind: 'search', level: 'high' }],
    // An interruption, and images again.
    [21, undefined],
    [24, { kind: 'images' }],
    [30, trained({ role: 'contender', by: 'found', round: 0, id: 3 })],
    [50, trained({ role: 'finalist', by: 'found', rank: 1 })],
    [80, trained({ role: 'finalist', by: 'found', rank: 2 })],
    [100, trained({ role: 'baseline', name: 'deit' })],
    [103, trained({ role: 'contender', by: 'random', round: 0, id: 0 })],
    [104, trained({ role: 'contender', by: 'random', round: 0, id: 1 })],
    [200, trained({ role: 'finalist', by: 'random', rank: 1 })],
    [201, { kind: 'test', network: { role: 'random' } }],
  ];
  const entries = events.map(([processorSeconds, stage]): Entry => {
    const event: RunEvent =
      stage === undefined ? { type: 'runInterrupted' } : { type: 'stageProgress', stage, done: 1, total: 2 };
    return { time: '', seconds: 0, processorSeconds, ...event };
  });
  assert.deepEqual(searchCost(entries, 'found'), {
    processorSeconds: 3 + 10 + 6 + 50,
    halvingSeconds: 6,
    finalSeconds: 50,
    finalTrainings: 2,
  });
  assert.deepEqual(searchCost(entries, 'random'), {
    processorSeconds: 4 + 96,
    halvingSeconds: 4,
    finalSeconds: 96,
    finalTrainings: 1,
  });
  assert.equal(searchCost([], 'found').processorSeconds, 0);
});
