import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainStep } from '../../../test/support/journals.js';
import type { RunEvent } from '../../telemetry/events.js';
import { withSeriesTime } from './trainings.js';

test('the time left of a continued series goes by the steps of this process', () => {
  const events: RunEvent[] = [];
  // One of four trainings of 1000 steps has its weights; two others go on side by side, from steps 499 and 99.
  let seconds = 0;
  const emit = withSeriesTime(
    (event) => events.push(event),
    1,
    () => seconds,
  );
  const report = (number: number, step: number): void => {
    emit({
      ...trainStep(step, 1000),
      stage: { kind: 'trust', level: 'low', path: [number], repeat: 1, number, total: 4 },
    });
  };
  report(3, 500);
  report(2, 100);
  seconds = 0.1;
  report(3, 501);
  report(2, 101);
  const left = 4000 - 1000 - 500 - 100 - 2;
  const last = events.at(-1);
  const expected = (left * seconds) / 2;
  const said = last?.type === 'trainStep' ? (last.seriesRemainingSeconds ?? NaN) : NaN;
  assert.ok(Math.abs(said / expected - 1) < 1e-9, `${said} instead of ${expected}`);
});
