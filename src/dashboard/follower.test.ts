import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { appendEvents, journalLine, runStarted, SUPERNET, trainStep } from '../../test/support/journals.js';
import { Follower } from './follower.js';
import { indexFileOf } from './journalIndex.js';

const folder = mkdtempSync(path.join(tmpdir(), 'glit-follower-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const newJournal = (): string => path.join(folder, `journal-${count++}.jsonl`);
const LONG = 10_000;

/** Reads everything that is there. */
async function readAll(follower: Follower): Promise<void> {
  do await follower.advance(1000);
  while (follower.news(undefined).read < 1);
}

/** The entries that a reader gets, or undefined for the whole digest. */
function entriesOf({ json }: ReturnType<Follower['news']>): unknown[] | undefined {
  return 'entries' in json ? (JSON.parse(json.entries) as unknown[]) : undefined;
}

describe('a follower of a journal', () => {
  test('gives the digest first, then only what is new', async () => {
    const file = newJournal();
    appendEvents(file, [runStarted(), trainStep(1, 10)]);
    const follower = new Follower(file);
    await follower.advance(1000);
    const first = follower.news(undefined);
    assert.equal(entriesOf(first), undefined);
    const seen = { epoch: first.epoch, events: 2 };
    assert.deepEqual(entriesOf(follower.news(seen)), []);
    appendEvents(file, [trainStep(2, 10)], 2);
    await follower.advance(1000);
    assert.equal(entriesOf(follower.news(seen))?.length, 1);
    assert.equal(follower.digest.stages[0].done, 2);
    assert.equal(follower.digest.curves.get('supernet-high')?.length, 2);
  });

  test('leaves a torn last line for later, also when a resumed run has cut it off', async () => {
    const file = newJournal();
    appendEvents(file, [runStarted(), trainStep(1, 10)]);
    const whole = readFileSync(file).length;
    appendFileSync(file, journalLine(trainStep(2, 10)).slice(0, 40));
    const follower = new Follower(file);
    await follower.advance(1000);
    // It has read all that there is to read for now.
    assert.deepEqual([follower.digest.events, follower.news(undefined).read], [2, 1]);
    // A resumed run removes the torn line before it writes.
    truncateSync(file, whole);
    appendEvents(file, [runStarted(), trainStep(1, 10, 5)], 2);
    const { epoch } = follower.news(undefined);
    await follower.advance(1000);
    assert.deepEqual([follower.digest.events, follower.digest.processes.length], [4, 2]);
    assert.equal(follower.news(undefined).epoch, epoch);
    // The repeated step replaces that of before.
    assert.deepEqual(follower.digest.curves.get('supernet-high')?.column('loss'), [5]);
  });

  test('begins again when the journal is another one, and keeps the figures of one that is gone', async () => {
    const file = newJournal();
    appendEvents(file, [runStarted(), trainStep(1, 10), trainStep(2, 10)]);
    const follower = new Follower(file);
    await follower.advance(1000);
    const { epoch } = follower.news(undefined);
    writeFileSync(file, journalLine(runStarted('train')));
    await follower.advance(1000);
    assert.equal(follower.digest.events, 1);
    assert.notEqual(follower.news(undefined).epoch, epoch);
    assert.equal(entriesOf(follower.news({ epoch, events: 1 })), undefined);
    rmSync(file);
    await follower.advance(1000);
    assert.equal(follower.news(undefined).gone, true);
    assert.equal(follower.digest.events, 1);
    appendEvents(file, [runStarted(), trainStep(1, 10)]);
    await follower.advance(1000);
    assert.deepEqual([follower.news(undefined).gone, follower.digest.events], [false, 2]);
  });

  test('skips a line that is no entry, and counts it', async () => {
    const file = newJournal();
    const lacking = '{"type":"stageStarted","time":"2026-01-01T00:00:00.000Z","seconds":1}';
    writeFileSync(file, `${journalLine(runStarted())}{"type":\nnull\n[]\n${lacking}\n${journalLine(trainStep(1, 10))}`);
    const follower = new Follower(file);
    await follower.advance(1000);
    assert.deepEqual([follower.digest.events, follower.news(undefined).broken], [2, 4]);
  });

  test('is another one after a restart, for which old news do not count', async () => {
    const file = newJournal();
    appendEvents(file, [runStarted(), trainStep(1, 10)]);
    const before = new Follower(file);
    await before.advance(1000);
    const { epoch } = before.news(undefined);
    while (Date.now() === epoch) await before.advance(1);
    const after = new Follower(file);
    await after.advance(1000);
    assert.equal(entriesOf(after.news({ epoch, events: 2 })), undefined);
  });

  test('takes a line that is longer than a piece', async () => {
    const file = newJournal();
    const message = 'x'.repeat(5_000_000);
    appendEvents(file, [runStarted(), { type: 'warning', message }]);
    const follower = new Follower(file);
    await follower.advance(1000);
    assert.equal(follower.digest.notices[0].message.length, message.length);
  });
});

describe('the index of a long journal', () => {
  const file = newJournal();
  const steps = Array.from({ length: 4 * LONG }, (_, index) => trainStep(index + 1, 4 * LONG));
  appendEvents(file, [runStarted(), { type: 'stageStarted', stage: SUPERNET, steps: 4 * LONG }, ...steps]);

  test('is written, and opens the journal where it ends', async () => {
    const follower = new Follower(file);
    await readAll(follower);
    assert.ok(existsSync(indexFileOf(file)));
    const another = new Follower(file);
    appendEvents(file, [{ type: 'runInterrupted' }], 4 * LONG + 2);
    // No time to read 10 MB: what is there comes from the index.
    await another.advance(0);
    assert.equal(another.digest.events, 4 * LONG + 3);
    assert.equal(another.digest.status, 'interrupted');
    assert.ok((another.digest.curves.get('supernet-high')?.length ?? 0) <= 600);
  });

  test('is made again where it is missing, broken, or of another journal', async () => {
    for (const spoil of [
      () => rmSync(indexFileOf(file)),
      () => writeFileSync(indexFileOf(file), '{"version":1,'),
      () => writeFileSync(indexFileOf(file), readFileSync(indexFileOf(file), 'utf8').replace('"curves":', '"curvos":')),
      () => writeFileSync(file, `${journalLine(runStarted('another'))}${readFileSync(file, 'utf8')}`),
    ]) {
      spoil();
      const follower = new Follower(file);
      await follower.advance(0);
      assert.ok(follower.news(undefined).read < 1, 'it has to read');
      await readAll(follower);
      assert.ok(follower.digest.events >= 4 * LONG + 3);
      assert.ok(existsSync(indexFileOf(file)));
    }
  });
});
