import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, mock, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import headless from '@xterm/headless';
import type { RunEvent, TrainStep } from '../telemetry/events.js';
import { openDisplay, type DisplayOptions } from './display.js';

const SUPERNET = { kind: 'supernet', level: 'high' } as const;
const DONE = 'high level, supernet: done in 1m 10s, 0.00 % of the time waited for images';
/** A stream that records what is written to it, as a terminal of 80 columns or as a pipe. */
function stream(isTTY: boolean): { readonly stream: WriteStream; text(): string } {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let text = '';
  through.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream: through as unknown as WriteStream, text: () => text };
}

/** The lines that a terminal of 80 columns shows after `text` was written to it, without the empty ones at the end. */
async function screen(text: string): Promise<string[]> {
  const terminal = new headless.Terminal({ cols: 80, rows: 24, convertEol: true, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
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

  test('shows trainings side by side below each other, and the figures of the first', async () => {
    const contender = (id: number) =>
      ({ kind: 'train', network: { role: 'contender', by: 'found', round: 0, id } }) as const;
    const opened = { type: 'enginesOpened', engines: 2, threads: 4 } as const;
    const output = stream(true);
    const display = openDisplay({ stdout: output.stream, stderr: stream(true).stream }, {});
    display.listen(opened);
    for (const id of [0, 1]) display.listen({ type: 'stageStarted', stage: contender(id), steps: 20 });
    await setTimeout(120);
    display.listen(step({ stage: contender(1), step: 10, loss: 2 }));
    await setTimeout(120);
    display.listen(step({ stage: contender(0), step: 15 }));
    const lines = await screen(output.text());
    assert.equal(lines[0], '2 engines side by side, on 4 threads together');
    assert.match(lines[1] ?? '', /^training contender 1, round 1 {2}█{18}░{6} {3}75 % {2}1m 05s left$/);
    assert.match(lines[2] ?? '', /^training contender 2, round 1 {2}█{12}░{12} {3}50 % {2}1m 05s left$/);
    assert.match(lines[3] ?? '', /^step 15\/20 {2}310 images\/s {2}loss 1\.250/);
    display.listen({
      type: 'stageFinished',
      stage: contender(0),
      durationSeconds: 1,
      result: { steps: 20, waitingShare: 0 },
    });
    display.listen(opened);
    const after = await screen(output.text());
    assert.equal(after.filter((line) => line.includes('side by side')).length, 1);
    assert.match(after[1] ?? '', /contender 2/);
    display.close();
  });

  test('in a pipe shows the first of several trainings, and how many there are beside it', (context) => {
    let now = 0;
    context.mock.method(performance, 'now', () => (now += 6000));
    const contender = (id: number) =>
      ({ kind: 'train', network: { role: 'contender', by: 'found', round: 0, id } }) as const;
    const { stdout } = shown(false, {}, [
      { type: 'stageStarted', stage: contender(0), steps: 20 },
      { type: 'stageStarted', stage: contender(1), steps: 20 },
      step({ stage: contender(0), step: 9 }),
      step({ stage: contender(1), step: 7 }),
    ]);
    const line = /^training contender 1, round 1 {2}step 9\/20 {2}45 %.* {2}and 1 side by side$/gm;
    assert.equal(stdout.match(line)?.length, 2);
  });

  test('in a pipe has a line when a stage begins and ends, and none for every step', () => {
    const { stdout, stderr } = shown(false, {}, events);
    assert.equal(stdout, `high level, supernet: 20 steps\n${DONE}\nthe result\n`);
    assert.equal(stderr, 'glit: warning: one image is broken\n');
  });

  test('in a terminal has a bar for each stage under way below the log, and takes them away at the end', async () => {
    const output = stream(true);
    const display = openDisplay({ stdout: output.stream, stderr: stream(true).stream }, {});
    const screens: string[][] = [];
    for (const event of [...events.slice(0, 2), step({ step: 9, steps: 12 }), events.at(-1)]) {
      if (event !== undefined) display.listen(event);
      screens.push(await screen(output.text()));
      await setTimeout(120);
    }
    display.show('the result');
    display.close();
    assert.equal(screens[0]?.[0], 'high level, supernet ...');
    assert.match(screens[0]?.[1] ?? '', /^glit: \d\.\d of \d+ cores, 0\.\d\d GB of memory, running for \d+\.\ds$/);
    assert.deepEqual(screens[2]?.slice(0, 2), [
      `high level, supernet  ${'█'.repeat(18)}${'░'.repeat(6)}   75 %  1m 05s left`,
      'step 9/12  310 images/s  loss 1.250  accuracy 50.00 %',
    ]);
    assert.deepEqual(screens[3], [DONE]);
    assert.deepEqual(await screen(output.text()), [DONE, 'the result']);
  });

  test('knows the best candidate of a search that goes on', () => {
    let now = 0;
    const clock = mock.method(performance, 'now', () => (now += 6000));
    const stage = { kind: 'search', level: 'low' } as const;
    const { stdout } = shown(false, {}, [
      { type: 'stageStarted', stage, steps: 64, best: 0.54 },
      {
        ...{ type: 'candidateEvaluated', stage, method: 'evolution', done: 41, total: 64, id: 40, generation: 2 },
        ...{ path: [0], blocks: [], fitness: 0.47, values: [0.47], measures: {} },
        origin: { operator: 'random', parents: [] },
      },
    ]);
    clock.mock.restore();
    assert.match(stdout, /candidate 41\/64 {2}64 % {2}best 54\.00 % {2}this one 47\.00 %/);
  });

  test('in a terminal cuts off what would wrap, and leaves a log line whole', async () => {
    const output = stream(true);
    const display = openDisplay({ stdout: output.stream, stderr: stream(true).stream }, {});
    display.listen({ type: 'stageStarted', stage: SUPERNET, steps: 20 });
    await setTimeout(120);
    display.listen(step({ seriesRemainingSeconds: 3600, waitingShare: 0.5 }));
    const [, figures, machine] = await screen(output.text());
    assert.equal(figures?.length, 79);
    assert.match(machine ?? '', /^glit: /);
    display.show('x'.repeat(200));
    display.close();
    assert.equal((await screen(output.text())).join(''), 'x'.repeat(200));
  });

  test('draws at most ten times a second', () => {
    const steps = Array.from({ length: 1000 }, (_, index) => step({ step: index + 1, steps: 1000 }));
    const began = performance.now();
    const { stdout } = shown(true, {}, [{ type: 'stageStarted', stage: SUPERNET, steps: 1000 }, ...steps]);
    const allowed = 4 + (performance.now() - began) / 100;
    assert.ok((stdout.match(/high level, supernet/g)?.length ?? 0) <= allowed + 2);
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
    const json = { quiet: true, json: true };
    assert.equal(shown(true, json, events).stdout, '{"type":"result"}\n');
    const stopped = [...events, { type: 'runInterrupted' }] as const;
    assert.equal(shown(true, json, stopped).stdout, '{"type":"runInterrupted"}\n{"type":"result"}\n');
  });
});
