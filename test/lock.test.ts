import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readJournal } from '../src/telemetry/journal.js';
import { disturbedGlit, glit, interruptedGlit, makePhotos, TINY } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-lock-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

/** A training of minutes, for tests that end it. */
const LONG = ['--set', 'supernet.steps=100000', '--no-baselines'];
const isTraining = ({ type }: Readonly<Record<string, unknown>>): boolean => type === 'trainStep';

describe('the folder of a run', () => {
  test('belongs to one process: another one is refused, and changes nothing', async () => {
    const args = ['search', '--data', 'photos', ...TINY, '--out', 'once'];
    let second: ReturnType<typeof glit> | undefined;
    const first = await disturbedGlit(folder, [...args, ...LONG.slice(0, 2)], isTraining, (child) => {
      second = glit(folder, 'search', '--resume', 'once').finally(() => child.kill('SIGINT'));
    });
    assert.equal(first.code, 130, first.stderr);
    const { code, stderr } = (await second) ?? assert.fail('no second process');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^glit: once is in use by glit search on \S+ \(process \d+, since [\dTZ:.-]+\); wait for it.*\n$/,
    );
    assert.ok(!existsSync(join(folder, 'once', 'lock-1.json')), 'it is given back');
  });

  test('is taken over from a process that was killed', async () => {
    const args = ['search', '--data', 'photos', ...TINY, ...LONG.slice(0, 2), '--out', 'killed'];
    const killed = await interruptedGlit(folder, args, isTraining, 'SIGKILL');
    assert.equal(killed.signal, 'SIGKILL');
    assert.ok(existsSync(join(folder, 'killed', 'lock-1.json')));
    const resumed = await interruptedGlit(folder, ['search', '--resume', 'killed'], isTraining);
    assert.equal(resumed.code, 130, resumed.stderr);
    assert.ok(!existsSync(join(folder, 'killed', 'lock-1.json')), 'it is given back');
  });

  test('that is removed under its process ends that in one line, and does not come back', async () => {
    const args = ['run', '--data', 'photos', ...TINY, ...LONG, '--out', 'removed'];
    const remove = (): void => rmSync(join(folder, 'removed'), { recursive: true });
    const { code, stderr, seconds } = await disturbedGlit(folder, args, isTraining, remove);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /glit: the run folder removed was removed or taken over by another process; this one has stopped\n$/,
    );
    assert.ok(seconds < 10, `${seconds} s`);
    assert.ok(!existsSync(join(folder, 'removed')));
  });

  test('that another machine has taken over while this one slept is left alone, its journal too', async () => {
    const args = ['run', '--data', 'photos', ...TINY, ...LONG, '--out', 'taken'];
    const lock = join(folder, 'taken', 'lock-1.json');
    const take = (child: ChildProcess): void => {
      // Windows cannot suspend a process.
      const [sleep, wake] = process.platform === 'win32' ? [0, 0] : (['SIGSTOP', 'SIGCONT'] as const);
      child.kill(sleep);
      writeFileSync(lock, readFileSync(lock, 'utf8').replace(/"id":"[^"]+"/, '"id":"another"'));
      child.kill(wake);
    };
    const { code, stderr } = await disturbedGlit(folder, args, isTraining, take);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /glit: the run folder taken was removed or taken over by another process; .*\n$/);
    assert.match(readFileSync(lock, 'utf8'), /"id":"another"/);
    const journal = await readJournal(join(folder, 'taken', 'journal.jsonl'));
    assert.notEqual(journal.at(-1)?.type, 'runFailed');
  });
});
