import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunEvent } from '../../telemetry/events.js';
import type { Entry } from '../../telemetry/journal.js';
import type { NetworkRole, Stage } from '../../telemetry/stage.js';
import { searchCost } from './searchCost.js';

const trained = (network: NetworkRole): Stage => ({ kind: 'train', network });

test('the cost of a search, or of random search, is the time before the events of its stages, over all processes', async () => {
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
  assert.deepEqual(await searchCost(entries, 'found'), {
    processorSeconds: 3 + 10 + 6 + 50,
    halvingSeconds: 6,
    contenders: 1,
    finalSeconds: 50,
    finalTrainings: 2,
  });
  assert.deepEqual(await searchCost(entries, 'random'), {
    processorSeconds: 4 + 96,
    halvingSeconds: 4,
    contenders: 2,
    finalSeconds: 96,
    finalTrainings: 1,
  });
  assert.equal((await searchCost([], 'found')).processorSeconds, 0);
});

test('neither what is done again after an interruption nor candidates that are drawn for comparison count', async () => {
  const contender = trained({ role: 'contender', by: 'found', round: 0, id: 0 });
  const evaluated: RunEvent = {
    ...{ type: 'evaluation', stage: contender, weights: 'last', split: 'searchVal' },
    ...{ accuracy: 0.5, images: 10 },
  };
  const step: RunEvent = {
    ...{ type: 'trainStep', stage: contender, step: 1, steps: 2, epoch: 1, loss: 1, accuracy: 0.5 },
    ...{ learningRate: 0.1, imagesPerSecond: 1, waitingShare: 0 },
  };
  const scored = (method: 'evolution' | 'random'): RunEvent => ({
    ...{ type: 'candidateEvaluated', stage: { kind: 'search', level: 'low' }, method, done: 1, total: 2, id: 0 },
    ...{ generation: 0, path: [0], blocks: [], fitness: 0.5, values: [0.5], measures: {} },
    origin: { operator: 'random', parents: [] },
  });
  const events: readonly (readonly [processorSeconds: number, RunEvent])[] = [
    [0, { type: 'runInterrupted' }],
    [3, scored('evolution')],
    [8, scored('random')],
    [10, step],
    [20, { ...step, step: 2 }],
    [25, evaluated],
    // Another process continues, and measures the contender's accuracy again.
    [26, { type: 'runInterrupted' }],
    [26, { type: 'runStarted', command: 'run', version: '1', seed: 0, config: {} }],
    [36, { ...step, step: 2 }],
    [46, evaluated],
  ];
  const entries = events.map(([processorSeconds, event]): Entry => ({
    time: '',
    seconds: 0,
    processorSeconds,
    ...event,
  }));
  const { processorSeconds, halvingSeconds } = await searchCost(entries, 'found');
  // After a divergence, the same process does a step again.
  const again = [...entries.slice(0, 6), { ...entries[4], processorSeconds: 31 }];
  assert.equal((await searchCost(again, 'found')).halvingSeconds, 2 + 10 + 5 + 6);
  assert.deepEqual(
    { processorSeconds, halvingSeconds },
    { processorSeconds: 3 + 2 + 10 + 5, halvingSeconds: 2 + 10 + 5 },
  );
});
