import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainStep } from '../../../test/support/journals.js';
import type { RunEvent } from '../../telemetry/events.js';
import type { Entry } from '../../telemetry/journal.js';
import type { SearchStage, Stage } from '../../telemetry/stage.js';
import { effortOf } from './effort.js';

const low: Stage = { kind: 'supernet', level: 'low' };
const search: SearchStage = { kind: 'search', level: 'low' };
const contender: Stage = { kind: 'train', network: { role: 'contender', by: 'found', round: 0, id: 1 } };
const started = (stage: Stage, steps?: number): RunEvent => ({
  type: 'stageStarted',
  stage,
  ...(steps !== undefined && { steps }),
});
const scored = (id: number): RunEvent => ({
  type: 'candidateEvaluated',
  stage: search,
  method: 'evolution',
  id,
  generation: 0,
  path: [id],
  blocks: [],
  fitness: 0.5,
  values: [0.5],
  measures: {},
  origin: { operator: 'random', parents: [] },
  done: id + 1,
  total: 2,
});

test('an effort has the work of an interrupted run once, without pauses, images and tests', async () => {
  const events: readonly (readonly [seconds: number, RunEvent])[] = [
    [0, { type: 'runInterrupted' }],
    [3, started({ kind: 'images' }, 60)],
    [5, started(low, 100)],
    [15, { type: 'runInterrupted' }],
    // The training is continued after images are read again.
    [19, started({ kind: 'images' }, 60)],
    [20, started(low, 100)],
    [50, started(search, 2)],
    [60, scored(0)],
    [70, scored(1)],
    [71, started(contender, 10)],
    [75, { type: 'evaluation', stage: contender, weights: 'last', split: 'searchVal', accuracy: 0.5, images: 12 }],
    [
      90,
      {
        type: 'evaluation',
        stage: { kind: 'test', network: { role: 'found' } },
        weights: 'last',
        split: 'test',
        accuracy: 0.5,
        images: 12,
      },
    ],
  ];
  const entries = events.map(([seconds, event]): Entry => ({
    time: '',
    seconds,
    processorSeconds: 2 * seconds,
    ...event,
  }));
  const seconds = 2 + 1 + 30 + 10 + 10 + 1 + 4;
  assert.deepEqual(await effortOf(entries), {
    seconds,
    processorSeconds: 2 * seconds,
    supernetSteps: 100,
    candidates: 2,
    trainings: 1,
  });
});

test('steps and evaluations that an interruption made necessary again do not count', async () => {
  const process: RunEvent = { type: 'runStarted', command: 'ablate', version: '1', seed: 0, config: {} };
  const measured: RunEvent = {
    ...{ type: 'evaluation', stage: contender, weights: 'last', split: 'searchVal' },
    ...{ accuracy: 0.5, images: 12 },
  };
  const step = (number: number): RunEvent => ({ ...trainStep(number, 2), stage: contender });
  const events: readonly (readonly [seconds: number, RunEvent])[] = [
    [0, process],
    [1, started(contender, 2)],
    [10, step(1)],
    // Killed, and continued from the start.
    [11, process],
    [12, started(contender, 2)],
    [22, step(1)],
    [29, step(2)],
    [32, measured],
    [33, process],
    [38, measured],
  ];
  const entries = events.map(([seconds, event]): Entry => ({ time: '', seconds, processorSeconds: seconds, ...event }));
  const { seconds, processorSeconds } = await effortOf(entries);
  assert.deepEqual([seconds, processorSeconds], [1 + 9 + 1 + 7 + 3, 1 + 9 + 1 + 7 + 3]);
});
