import assert from 'node:assert/strict';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { tee, type RunEvent } from './events.js';
import { beginning, journalEntries, JournalWriter, readJournal, type Clock, type Stamp } from './journal.js';

const folder = mkdtempSync(path.join(tmpdir(), 'glit-journal-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => path.join(folder, `journal${++files}.jsonl`);

const warning = (message: string): RunEvent => ({ type: 'warning', message });

describe('a journal', () => {
  test('has a stamped line for every event, on the disk when write returns', async () => {
    const file = newFile();
    let now = Date.UTC(2024, 0, 2, 3, 4, 5);
    let worked = 3;
    const journal = new JournalWriter(file, {
      clock: { now: () => now, monotonic: () => now, processorSeconds: () => worked },
    });
    journal.write({ type: 'runStarted', command: 'search', version: '1', seed: 7, config: { levels: ['high'] } });
    now += 1234;
    worked += 2.5;
    journal.write(warning('a\nb'));
    assert.equal(
      readFileSync(file, 'utf8'),
      '{"time":"2024-01-02T03:04:05.000Z","seconds":0,"processorSeconds":0,"type":"runStarted","command":"search","version":"1","seed":7,' +
        '"config":{"levels":["high"]}}\n' +
        '{"time":"2024-01-02T03:04:06.234Z","seconds":1.234,"processorSeconds":2.5,"type":"warning","message":"a\\nb"}\n',
    );
    journal.close();
    journal.close();
    journal.write(warning('dropped'));
    assert.equal((await readJournal(file)).length, 2);
  });

  test('cannot have an event whose field would replace a stamp', () => {
    type Fields<Event> = Event extends unknown ? keyof Event : never;
    // Does not compile if there is one.
    const none: Extract<Fields<RunEvent>, keyof Stamp> extends never ? true : false = true;
    assert.ok(none);
  });

  test('is continued where it stopped; the pause does not count', async () => {
    const file = newFile();
    let now = 1000;
    const clock: Clock = { now: () => now, monotonic: () => now, processorSeconds: () => now / 500 };
    const first = new JournalWriter(file, { clock });
    now += 5000;
    first.write(warning('one'));
    first.close();
    now += 1e6;
    const second = new JournalWriter(file, { clock });
    now += 2000;
    second.write(warning('two'));
    second.close();
    assert.deepEqual(
      (await readJournal(file)).map(({ seconds, processorSeconds }) => [seconds, processorSeconds]),
      [
        [5, 10],
        [7, 14],
      ],
    );
  });

  test('counts work by a clock that does not jump with the time of day', async () => {
    const file = newFile();
    let [now, passed] = [Date.UTC(2024, 0, 1), 40];
    const clock: Clock = { now: () => now, monotonic: () => passed, processorSeconds: () => passed / 500 };
    const journal = new JournalWriter(file, { clock });
    for (const jump of [3_600_000, -86_400_000]) {
      passed += 1500;
      now += 1500 + jump;
      journal.write(warning('the clock was corrected'));
    }
    journal.close();
    assert.deepEqual(
      (await readJournal(file)).map(({ time, seconds }) => [time, seconds]),
      [
        ['2024-01-01T01:00:01.500Z', 1.5],
        ['2023-12-31T01:00:03.000Z', 3],
      ],
    );
  });

  test('counts what a process did before it opened it', async () => {
    const file = newFile();
    let now = 1000;
    const clock: Clock = { now: () => now, monotonic: () => now, processorSeconds: () => now / 500 };
    for (const _ of [1, 2]) {
      const began = beginning(clock);
      now += 3000;
      const journal = new JournalWriter(file, { clock, began });
      now += 500;
      journal.write(warning('read images first'));
      journal.close();
      now += 1e6;
    }
    assert.deepEqual(
      (await readJournal(file)).map(({ seconds, processorSeconds }) => [seconds, processorSeconds]),
      [
        [3.5, 7],
        [7, 14],
      ],
    );
  });

  test('keeps its own time beside what an event took', async () => {
    const file = newFile();
    let now = 1000;
    const clock: Clock = { now: () => now, monotonic: () => now, processorSeconds: () => now / 500 };
    const first = new JournalWriter(file, { clock });
    now += 100_000;
    first.write({ type: 'stageFinished', stage: { kind: 'images' }, durationSeconds: 5, result: { images: 1 } });
    first.close();
    const second = new JournalWriter(file, { clock });
    second.write(warning('goes on'));
    second.close();
    assert.deepEqual(
      (await readJournal(file)).map(({ seconds }) => seconds),
      [100, 100],
    );
  });

  test('loses at most the line that a crash cut off', async () => {
    const file = newFile();
    const journal = new JournalWriter(file);
    const messages = ['one', 'zwei: größer', '三'];
    for (const message of messages) journal.write(warning(message));
    journal.close();
    const bytes = readFileSync(file);
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      const kept = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length;
      assert.equal((await readJournal(file)).length, kept);
      const continued = new JournalWriter(file);
      continued.write(warning('new'));
      continued.close();
      const texts = (await readJournal(file)).map((entry) => entry.type === 'warning' && entry.message);
      assert.deepEqual(texts, [...messages.slice(0, kept), 'new']);
    }
  });

  test('names a broken line, for the reader and for the writer', async () => {
    for (const broken of ['{"type":', '7', 'null', '{"type":"warning"}', '']) {
      const file = newFile();
      new JournalWriter(file).write(warning('fine'));
      appendFileSync(file, `${broken}\n`);
      const isNamed = (error: unknown): boolean => error instanceof UserError && /, line 2, is not/.test(error.message);
      await assert.rejects(readJournal(file), isNamed, broken);
      assert.throws(() => new JournalWriter(file), isNamed, broken);
    }
    await assert.rejects(readJournal(path.join(folder, 'absent')), UserError);
  });

  test('that cannot be opened is refused in one line', () => {
    const file = newFile();
    writeFileSync(file, '');
    assert.throws(() => new JournalWriter(path.join(file, 'journal.jsonl')), {
      name: 'UserError',
      message: /journal\.jsonl cannot be made: a part of its path is a file; use another folder, and continue$/,
    });
  });

  test('whose torn line cannot be cut off says why it is torn', { skip: process.platform !== 'linux' }, () => {
    const file = newFile();
    // The number that the journal's descriptor will have.
    const number = openSync(file, 'w');
    closeSync(number);
    const journal = new JournalWriter(file);
    journal.write(warning('fine'));
    // In its place a device without room, which cannot be cut off either.
    closeSync(number);
    assert.equal(openSync('/dev/full', 'a'), number);
    assert.throws(() => journal.write(warning('lost')), {
      name: 'UserError',
      message: /: the disk is full; make room/,
    });
    journal.write(warning('dropped'));
  });

  test('is read in pieces of any size', async () => {
    const messages = fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 300 }), async (texts, piece) => {
        const file = newFile();
        const journal = new JournalWriter(file);
        for (const text of texts) journal.write(warning(text));
        journal.close();
        appendFileSync(file, '{"type":"torn"');
        const seen: unknown[] = [];
        for await (const entry of journalEntries(file, piece)) seen.push(entry.type === 'warning' && entry.message);
        assert.deepEqual(seen, texts);
      }),
      { numRuns: 30 },
    );
  });

  test('larger than a piece is continued where it stopped, and read by type', async () => {
    const file = newFile();
    const clock: Clock = { now: () => 7000, monotonic: () => 7000, processorSeconds: () => 3 };
    const line = JSON.stringify({ time: '', seconds: 5, processorSeconds: 2, ...warning('x'.repeat(1000)) });
    writeFileSync(file, `${line}\n`.repeat(2500));
    appendFileSync(file, line.slice(0, 600));
    const journal = new JournalWriter(file, { clock });
    journal.write({ type: 'runInterrupted' });
    journal.close();
    assert.equal((await readJournal(file)).length, 2501);
    const [last, ...others] = await readJournal(file, 'runInterrupted');
    assert.deepEqual([last.seconds, last.processorSeconds, others.length], [5, 2, 0]);
  });
});

test('tee passes events to every listener in order', () => {
  const told: string[] = [];
  const listener = tee(
    (event) => told.push(`a ${event.type}`),
    (event) => told.push(`b ${event.type}`),
  );
  listener(warning('x'));
  assert.deepEqual(told, ['a warning', 'b warning']);
});
