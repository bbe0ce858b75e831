import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import { RunLock } from './runLock.js';

const root = mkdtempSync(join(tmpdir(), 'glit-lock-'));
const started: ChildProcess[] = [];
after(() => {
  // Those that a failed test has left.
  for (const child of started) child.kill('SIGKILL');
  rmSync(root, { recursive: true });
});
const newFolder = (): string => mkdtempSync(join(root, 'run-'));
const locksIn = (folder: string): readonly string[] => readdirSync(folder);
const command = 'run';
/** So that a test that waits for heartbeats takes little time. */
const heartbeat = 0.02;

/** Takes the lock in a process of its own, which prints what became of it and then lives on. */
function taking(folder: string, options: object = {}) {
  const module = JSON.stringify(new URL('./runLock.js', import.meta.url).href);
  const script = `const { RunLock } = await import(${module});
    await RunLock.take(${JSON.stringify(folder)}, ${JSON.stringify({ command, ...options })})
      .then(() => console.log('taken'), (error) => console.log(error.message));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const said = once(child.stdout, 'data').then(([text]) => String(text).trim());
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { pid: child.pid, said, kill };
}

describe('the lock of a run folder', () => {
  test('is held by one process, which others are told, and free when it is given back', async () => {
    const folder = newFolder();
    const lock = await RunLock.take(folder, { command: 'search' });
    await assert.rejects(RunLock.take(folder, { command }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, new RegExp(`in use by glit search on \\S+ \\(process ${process.pid}, since 20`));
      return true;
    });
    await lock.release();
    assert.deepEqual(locksIn(folder), []);
    await (await RunLock.take(folder, { command })).release();
  });

  test('that cannot be removed does not hide how the work ended', { skip: process.platform === 'win32' }, async () => {
    const folder = newFolder();
    const lock = await RunLock.take(folder, { command });
    const isRoot = process.geteuid?.() === 0;
    chmodSync(root, 0o755);
    chmodSync(folder, 0o555);
    // Root may remove whatever it likes, another user only what the folder allows.
    if (isRoot) process.seteuid?.(65_534);
    try {
      await lock.release();
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
    assert.deepEqual(locksIn(folder), ['lock-1.json']);
  });

  test('is taken over at once from a process of this machine that was killed', async () => {
    const folder = newFolder();
    const other = taking(folder);
    assert.equal(await other.said, 'taken');
    await assert.rejects(RunLock.take(folder, { command }), new RegExp(`process ${other.pid},`));
    await other.kill();
    const lock = await RunLock.take(folder, { command });
    assert.deepEqual(locksIn(folder), ['lock-2.json']);
    await lock.release();
  });

  /** A folder with the lock of another process of this machine, as its file says. */
  async function lockedBy(fields: object): Promise<{ readonly folder: string; readonly beat: () => void }> {
    const folder = newFolder();
    const lock = await RunLock.take(folder, { command });
    const file = join(folder, 'lock-1.json');
    const holder = { ...(JSON.parse(readFileSync(file, 'utf8')) as { heartbeat: number }), ...fields };
    await lock.release();
    const write = (): void => writeFileSync(file, JSON.stringify(holder));
    write();
    const beat = (): void => {
      holder.heartbeat++;
      write();
    };
    return { folder, beat };
  }

  test('is told on one line, whatever its file says', async () => {
    const { folder } = await lockedBy({ command: 'run\n    at a stack', since: 'then\r' });
    await assert.rejects(RunLock.take(folder, { command }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /in use by glit "run\\n {4}at a stack" on \S+ \(process \d+, since "then\\r"\); wait/,
      );
      return true;
    });
  });

  test('is not that of another process with the same number, from before a restart', async () => {
    for (const processStart of ['another-boot 1', null]) {
      const { folder } = await lockedBy({ processStart });
      const waits: (string | undefined)[] = [];
      const onWait = (host: string | undefined): void => void waits.push(host);
      await (await RunLock.take(folder, { command, heartbeat, onWait })).release();
      assert.equal(waits.length, 1);
    }
  });

  test('is not taken over at once from a live process of another machine with the same name', async () => {
    // No process here has this number.
    const { folder, beat } = await lockedBy({ pid: 2 ** 30, processStart: 'another-boot 1' });
    const timer = setInterval(beat, heartbeat * 1000);
    try {
      await assert.rejects(RunLock.take(folder, { command, heartbeat: 0.2 }), /is in use by glit run on/);
    } finally {
      clearInterval(timer);
    }
  });

  test('is not kept when another process has taken the folder during the wait', async () => {
    const { folder } = await lockedBy({ host: 'elsewhere', pid: 2 ** 30 });
    const holder = JSON.parse(readFileSync(join(folder, 'lock-1.json'), 'utf8')) as { heartbeat: number };
    writeFileSync(join(folder, 'lock-2.json'), JSON.stringify({ ...holder, id: 'two', host: 'two' }));
    writeFileSync(join(folder, 'lock-1.json'), JSON.stringify({ ...holder, id: 'one', host: 'one' }));
    const waits: (string | undefined)[] = [];
    let timer: NodeJS.Timeout | undefined;
    const onWait = (host: string | undefined): void => {
      waits.push(host);
      if (waits.length !== 2) return;
      // The first lock has been found dead, and the second is being watched.
      const file = join(folder, waits[0] === 'one' ? 'lock-1.json' : 'lock-2.json');
      timer = setInterval(() => {
        holder.heartbeat++;
        writeFileSync(file, JSON.stringify({ ...holder, id: 'new', host: 'new' }));
      }, heartbeat * 1000);
    };
    try {
      await assert.rejects(RunLock.take(folder, { command, heartbeat: 0.2, onWait }), /in use by glit run on new/);
      assert.deepEqual(locksIn(folder), ['lock-1.json', 'lock-2.json']);
    } finally {
      clearInterval(timer);
    }
  });

  test('goes to exactly one of several that take it over together', async () => {
    const folder = newFolder();
    const dead = taking(folder);
    await dead.said;
    await dead.kill();
    const others = Array.from({ length: 4 }, () => taking(folder));
    const answers = await Promise.all(others.map(({ said }) => said));
    assert.equal(answers.filter((answer) => answer === 'taken').length, 1, answers.join('\n'));
    assert.equal(answers.filter((answer) => answer.includes('is in use by')).length, 3, answers.join('\n'));
    assert.equal(locksIn(folder).length, 1);
    await Promise.all(others.map(({ kill }) => kill()));
  });

  test('of another machine is taken over after three readings without a heartbeat, and not before', async () => {
    const folder = newFolder();
    const waits: (string | undefined)[] = [];
    const elsewhere = { command, heartbeat, host: 'elsewhere' };
    const here = { command, heartbeat, onWait: (host: string | undefined) => void waits.push(host) };
    const held = await RunLock.take(folder, elsewhere);
    await assert.rejects(RunLock.take(folder, here), /in use by glit run on elsewhere/);
    // A lock whose process does nothing any more.
    const file = join(folder, 'lock-1.json');
    const text = readFileSync(file, 'utf8');
    await held.release();
    writeFileSync(file, text);
    const began = performance.now();
    const lock = await RunLock.take(folder, here);
    assert.ok(performance.now() - began >= 3 * 2 * heartbeat * 1000 * 0.9);
    assert.deepEqual(waits, ['elsewhere', 'elsewhere']);
    await lock.release();
  });

  test('that cannot be read for a moment is neither given back nor lost', async () => {
    const { folder, beat } = await lockedBy({ host: 'elsewhere' });
    const file = join(folder, 'lock-1.json');
    const taken = RunLock.take(folder, {
      command,
      heartbeat: 0.1,
      onWait() {
        // The first of the three readings meets half a file, the second a heartbeat.
        writeFileSync(file, '{"id": "hal');
        setTimeout(beat, 300);
      },
    });
    await assert.rejects(taken, /in use by glit run on elsewhere/);
    rmSync(file);
    let losses = 0;
    const lock = await RunLock.take(folder, { command, heartbeat, onLost: () => losses++ });
    const text = readFileSync(join(folder, 'lock-1.json'), 'utf8');
    writeFileSync(join(folder, 'lock-1.json'), '{"id": "hal');
    await wait(5 * heartbeat * 1000);
    writeFileSync(join(folder, 'lock-1.json'), text);
    await wait(5 * heartbeat * 1000);
    assert.equal(losses, 0);
    assert.notEqual(readFileSync(join(folder, 'lock-1.json'), 'utf8'), text, 'no heartbeat any more');
    await lock.release();
    assert.deepEqual(locksIn(folder), []);
  });

  test('that is damaged is taken over, after a wait that is announced', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'lock-1.json'), '{"id": "hal');
    const waits: (string | undefined)[] = [];
    await (await RunLock.take(folder, { command, heartbeat, onWait: (host) => void waits.push(host) })).release();
    assert.deepEqual(locksIn(folder), []);
    assert.deepEqual(waits, [undefined]);
  });

  test('tells its holder when it is lost, and then leaves the other one alone', async () => {
    for (const lose of [
      (file: string) => rmSync(file),
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(/"id":"[^"]+"/, '"id":"another"')),
    ]) {
      const folder = newFolder();
      let lost = 0;
      const lock = await RunLock.take(folder, { command, heartbeat, onLost: () => void (lost += 1) });
      await wait(60);
      assert.equal(lost, 0);
      const [file] = locksIn(folder);
      lose(join(folder, file));
      const left = locksIn(folder);
      for (const began = performance.now(); lost === 0 && performance.now() - began < 5000;) await wait(10);
      // It is told once, whatever later heartbeats find.
      await wait(60);
      assert.equal(lost, 1);
      await lock.release();
      assert.deepEqual(locksIn(folder), left);
    }
  });
});
