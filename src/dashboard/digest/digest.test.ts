import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { candidate, runStarted, SUPERNET, trainStep } from '../../../test/support/journals.js';
import type { RunEvent } from '../../telemetry/events.js';
import { Curve } from './curve.js';
import { Digest, type DigestData, type DigestEntry } from './digest.js';

const at = (event: RunEvent, seconds: number): DigestEntry => ({
  time: new Date(1000 * seconds).toISOString(),
  seconds,
  processorSeconds: 2 * seconds,
  ...event,
});

describe('a curve', () => {
  test('has bounded points, each the mean, the range or the last of its steps', () => {
    const curve = new Curve();
    const steps = 100_000;
    for (let step = 1; step <= steps; step++) curve.add(trainStep(step, steps, step), step);
    assert.ok(curve.length <= 600 && curve.length >= 300, String(curve.length));
    const losses = curve.column('loss');
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    assert.ok(Math.abs(mean / (steps / 2) - 1) < 0.01, String(mean));
    assert.deepEqual([curve.column('lossLow')[0], curve.column('lossHigh').at(-1)], [1, steps]);
    assert.equal(curve.column('step').at(-1), steps);
  });

  test('survives JSON, with a loss that is not a number', () => {
    const curve = new Curve();
    curve.add(trainStep(1, 3, 2), 1);
    curve.add({ ...trainStep(2, 3), loss: null as unknown as number }, 2);
    const again = new Curve(JSON.parse(JSON.stringify(curve)) as ReturnType<Curve['toJSON']>);
    assert.deepEqual(again.column('loss'), [2, NaN]);
  });
});

describe('a digest', () => {
  test('continued from its JSON, is the same as one that read everything', () => {
    const total = 40;
    const events: RunEvent[] = [
      runStarted(),
      { type: 'stageStarted', stage: { kind: 'search', level: 'high' }, steps: total },
      ...Array.from({ length: total }, (_, id) => candidate(id, total)),
      { type: 'warning', message: '<img src=x onerror=alert(1)>' },
      {
        type: 'stageFinished',
        stage: { kind: 'search', level: 'high' },
        durationSeconds: 3,
        result: { bestFitness: {} },
      },
      { type: 'runFailed', message: 'no more disk' },
    ];
    const whole = new Digest();
    let continued = new Digest();
    for (const [index, event] of events.entries()) {
      whole.apply(at(event, index));
      continued.apply(at(event, index));
      continued = new Digest(JSON.parse(JSON.stringify(continued)) as DigestData);
    }
    assert.deepEqual(continued.toJSON(), whole.toJSON());
    assert.deepEqual([whole.status, whole.failure, whole.candidates.scored], ['failed', 'no more disk', total]);
    assert.deepEqual(whole.candidates.blocksOf(whole.candidates.all()[1])[0], candidate(1, total).blocks[0]);
    assert.deepEqual(new Set(whole.load.busyCores().map(({ cores }) => cores)), new Set([2]));
  });

  test('keeps the best of many candidates and an even sample of the others', () => {
    const digest = new Digest();
    const total = 50_000;
    for (let id = 0; id < total; id++) {
      const fitness = id === 12_345 ? 1 : (id % 1000) / 2000;
      digest.apply(at(candidate(id, total, { fitness, values: [fitness] }), id));
    }
    const kept = digest.candidates.all();
    assert.ok(kept.length <= 20_000, String(kept.length));
    assert.equal(digest.candidates.scored, total);
    assert.ok(kept.some(({ fitness }) => fitness === 1));
    assert.ok(digest.candidates.stride > 1);
  });

  test('adds up what the processes of a run took for a stage', () => {
    const digest = new Digest();
    const finished = (durationSeconds: number): RunEvent => ({
      ...{ type: 'stageFinished', stage: SUPERNET, durationSeconds },
      result: { steps: 3, waitingShare: 0 },
    });
    const started: RunEvent = { type: 'stageStarted', stage: SUPERNET, steps: 3 };
    for (const [seconds, event] of [
      [10, started],
      [14, trainStep(1, 3)],
      [18, trainStep(2, 3)],
      // Killed, and continued after images are read again.
      [30, runStarted()],
      [40, started],
      [45, trainStep(3, 3)],
      [46, finished(6)],
    ] as const) {
      digest.apply(at(event, seconds));
    }
    const [{ started: began, latest, finished: end }] = digest.stages;
    assert.deepEqual([began, latest, end?.durationSeconds], [10, 46, 8 + 6]);
    // Journals of earlier builds have searches that were continued with nothing left to do.
    for (const event of [started, finished(0.1)]) digest.apply(at(event, 60));
    assert.equal(digest.stages[0].finished?.durationSeconds, 14.1);
  });

  test('ignores types of newer versions, and says that a resumed run works', () => {
    const digest = new Digest();
    digest.apply(at({ type: 'runInterrupted' }, 1));
    digest.apply(at({ type: 'invented' } as unknown as RunEvent, 2));
    assert.equal(digest.status, 'interrupted');
    digest.apply(at(runStarted(), 3));
    assert.deepEqual([digest.status, digest.events], ['running', 3]);
  });
});
