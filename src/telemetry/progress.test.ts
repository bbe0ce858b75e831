import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, Progress } from './progress.js';

describe('Progress', () => {
  test('knows no rate before time has passed', () => {
    const progress = new Progress(10, { now: () => 5 });
    progress.advance();
    assert.deepEqual([progress.rate, progress.remainingSeconds, progress.done], [undefined, undefined, 1]);
  });

  test('a steady pace is its own rate, however long the steps and the half-life', () => {
    const positive = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 1, max: 50 }), (step, halfLife, count) => {
        let time = 7;
        const progress = new Progress(100, { now: () => time, halfLife, done: 20 });
        for (let i = 0; i < count; i++) {
          time += step;
          progress.advance();
        }
        assert.ok(Math.abs((progress.rate ?? 0) * step - 1) < 1e-6);
        assert.ok(Math.abs((progress.remainingSeconds ?? 0) / step - (80 - count)) < 1e-4);
      }),
    );
  });

  test('follows a change of pace: after one half-life, half way', () => {
    let time = 0;
    const progress = new Progress(1e6, { now: () => time, halfLife: 10 });
    const work = (seconds: number, rate: number): void => {
      for (let i = 0; i < seconds * 10; i++) {
        time += 0.1;
        progress.advance(rate / 10);
      }
    };
    work(200, 100);
    work(10, 200);
    assert.ok(Math.abs((progress.rate ?? 0) - 150) < 1, String(progress.rate));
    work(100, 200);
    assert.ok(Math.abs((progress.rate ?? 0) - 200) < 1, String(progress.rate));
  });

  test('more than the total leaves nothing to do', () => {
    let time = 0;
    const progress = new Progress(1, { now: () => time });
    time = 1;
    progress.advance(3);
    assert.equal(progress.remainingSeconds, 0);
  });
});

test('durations are written in their two largest units', () => {
  const cases: [number, string][] = [
    [0, '0.0s'],
    [-1, '0.0s'],
    [0.44, '0.4s'],
    [9.94, '9.9s'],
    [9.96, '10s'],
    [59.4, '59s'],
    [59.6, '1m 00s'],
    [65, '1m 05s'],
    [3599.6, '1h 00m'],
    [7380, '2h 03m'],
    [86_399, '1d 00h'],
    [273_600, '3d 04h'],
    [Infinity, '?'],
    [NaN, '?'],
  ];
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text, String(seconds));
});
