import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, test } from 'node:test';
import type { RunEvent, TrainStep } from '../telemetry/events.js';
import { openDisplay, type DisplayOptions } from './display.js';

const SUPERNET = { kind: 'supernet', level: 'high' } as const;
const DONE = 'high level, supernet: done in 1m 10s, 0.00 % of the time waited for images';
const ERASE = '\u001b[1G\u001b[2K';

/** A stream that records what is written to it, as a terminal of 80 columns or as a pipe. */
function stream(isTTY: boolean): { readonly stream: WriteStream; text(): string } {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let text = '';
  through.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream: through as unknown as WriteStream, text: () => text };
}

/** What a display writes for some events and a result. */
function shown(
  isTTY: boolean,
  options: DisplayOptions,
  events: readonly RunEvent[],
): { stdout: string; stderr: string } {
  const [stdout, stderr] = [stream(isTTY), stream(isTTY)];
  const display = openDisplay({ stdout: stdout.stream, stderr: stderr.stream }, options);
  for (const event of events) display.listen(event);
  display.show('the result', { type: 'result' });
  display.close();
  return { stdout: stdout.text(), stderr: stderr.text() };
}

const step = (fields: Partial<TrainStep>): TrainStep => ({
  type: 'trainStep',
  stage: SUPERNET,
  step: 5,
  steps: 20,
  epoch: 1,
  loss: 1.25,
  accuracy: 0.5,
  learningRate: 1e-3,
  imagesPerSecond: 310.4,
  waitingShare: 0,
  remainingSeconds: 65,
  ...fields,
});

const events: readonly RunEvent[] = [
  { type: 'stageStarted', stage: SUPERNET, steps: 20 },
  { type: 'warning', message: 'one image is broken' },
  step({}),
  step({ step: 20, remainingSeconds: 0 }),
  { type: 'stageFinished', stage: SUPERNET, durationSeconds: 70, result: { steps: 20, waitingShare: 0 } },
];

describe('a display', () => {
  test('shows no control characters of names, on a terminal or not', () => {
    for (const isTTY of [true, false]) {
      const message = 'cat\u001b[2J\u0007\u202e.png is broken';
      const { stderr } = shown(isTTY, {}, [{ type: 'warning', message }]);
      assert.ok(stderr.endsWith('glit: warning: cat\ufffd[2J\ufffd\ufffd.png is broken\n'), JSON.stringify(stderr));
    }
  });

  test('shows the first of several trainings side by side, and how many there are beside it', () => {
    const contender = (id: number) =>
      ({ kind: 'train', network: { role: 'contender', by: 'found', round: 0, id } }) as const;
    const opened = { type: 'enginesOpened', engines: 2, threads: 4 } as const;
    const { stdout } = shown(true, {}, [
      opened,
      { type: 'stageStarted', stage: contender(0), steps: 20 },
      { type: 'stageStarted', stage: contender(1), steps: 20 },
      step({ stage: contender(1), step: 7 }),
      step({ stage: contender(0), step: 9 }),
      { type: 'stageFinished', stage: contender(0), durationSeconds: 1, result: { steps: 20, waitingShare: 0 } },
      opened,
    ]);
    assert.equal(stdout.match(/2 engines side by side, on 4 threads together/g)?.length, 1);
    assert.doesNotMatch(stdout, /step 7/);
  });

  test('in a pipe has a line when a stage begins and ends, and none for every step', () => {
    const { stdout, stderr } = shown(false, {}, events);
    assert.equal(stdout, `high level, supernet: 20 steps\n${DONE}\nthe result\n`);
    assert.equal(stderr, 'glit: warning: one image is broken\n');
  });

  test('in a terminal rewrites one line, keeps it above the edge, and takes it away at the end', () => {
    const { stdout, stderr } = shown(true, {}, events);
    const drawn = stdout.split(ERASE);
    assert.ok(drawn.includes('high level, supernet ...'));
    assert.ok(drawn.includes(`${DONE}\n`));
    assert.ok(drawn.includes('the result\n'));
    assert.ok(drawn.every((line) => line.length < 80));
    assert.ok(stdout.endsWith(ERASE));
    assert.equal(stderr, 'glit: warning: one image is broken\n');
  });

  test('draws at most ten times a second', () => {
    const steps = Array.from({ length: 1000 }, (_, index) => step({ step: index + 1, steps: 1000 }));
    const began = performance.now();
    const { stdout } = shown(true, {}, [{ type: 'stageStarted', stage: SUPERNET, steps: 1000 }, ...steps]);
    const allowed = 4 + (performance.now() - began) / 100;
    assert.ok(stdout.split(ERASE).length - 1 <= allowed + 2);
  });

  test('in JSON writes every event and result on a line of its own', () => {
    const { stdout, stderr } = shown(true, { json: true }, events);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [...events, { type: 'result' }],
    );
    assert.equal(stderr, 'glit: warning: one image is broken\n');
  });

  test('that is quiet writes the result and warnings alone', () => {
    assert.deepEqual(shown(true, { quiet: true }, events), {
      stdout: 'the result\n',
      stderr: 'glit: warning: one image is broken\n',
    });
    assert.equal(shown(true, { quiet: true, json: true }, events).stdout, '{"type":"result"}\n');
  });
});
