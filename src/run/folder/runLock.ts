import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { showName, UserError, writeFailure } from '../../errors.js';
import { isAlive, isCertain, machineName, PROCESS_FIELDS, thisProcess } from './processIdentity.js';

/** Seconds between two heartbeats of a holder. */
const HEARTBEAT = 5;

/** A holder that cannot be looked up counts as dead after this many readings without a heartbeat between them. */
const READINGS = 3;

/** The pause between these readings, in heartbeats: long enough for a slow network drive. */
const HEARTBEATS_PER_READING = 2;

/** What a lock file says about the process that holds it. */
const holderSchema = z.object({
  id: z.string(),
  ...PROCESS_FIELDS,
  /** When it took the lock: ISO 8601, for people. */
  since: z.string(),
  command: z.string(),
  /** Counts up as long as the process lives. */
  heartbeat: z.int(),
});
type Holder = z.infer<typeof holderSchema>;

/** Settings of {@link RunLock.take}. */
export interface LockOptions {
  /** The command that takes it, for the message to others. */
  readonly command: string;
  /**
   * Called once before the wait for a heartbeat, with the name of the holder's machine and the seconds to wait. The name is
   * undefined if the lock is damaged.
   */
  readonly onWait?: (host: string | undefined, seconds: number) => void;
  /** Called once when the lock is lost: its file was removed, or another process has taken it over. */
  readonly onLost?: () => void;
  /** Seconds between heartbeats. Default: 5. */
  readonly heartbeat?: number;
  /** Default: this machine's name. */
  readonly host?: string;
}

/**
 * The right to write to a run folder, which one process has at a time. Readers need none.
 *
 * A lock is a file `lock-<n>.json`, which only one process can create. Its holder writes a heartbeat to it. A lock whose
 * holder died is taken over by creating the next number: on the holder's machine at once, on another one, and after a
 * restart, when three readings by the reader's own clock show no heartbeat, since clocks of machines differ.
 */
export class RunLock {
  private readonly timer: NodeJS.Timeout;
  private last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: string,
    private holder: Holder,
    { heartbeat = HEARTBEAT, onLost }: LockOptions,
  ) {
    this.timer = setInterval(() => {
      this.last = this.last.then(() => this.beat(onLost));
    }, heartbeat * 1000);
    this.timer.unref();
  }

  /** Takes the lock of a folder. Throws a UserError that names its holder when that is alive. */
  static async take(folder: string, options: LockOptions): Promise<RunLock> {
    const holder: Holder = {
      id: randomUUID(),
      ...thisProcess(),
      ...(options.host !== undefined && { host: options.host }),
      since: new Date().toISOString(),
      command: options.command,
      heartbeat: 0,
    };
    for (;;) {
      const found = await locksIn(folder);
      for (const lock of found) await requireDead(folder, lock, options);
      const number = Math.max(0, ...found.map((lock) => lock.number)) + 1;
      const file = join(folder, nameOf(number));
      if (!(await created(file, holder))) continue; // another process was faster: look at its lock
      // Whoever came between the first look and now has created its lock before this second look.
      const dead = new Set(found.map(({ name }) => name));
      const others = (await locksIn(folder)).filter(({ name }) => name !== nameOf(number));
      if (others.every((other) => dead.has(other.name) && found.some((one) => one.holder?.id === other.holder?.id))) {
        for (const { name } of others) await rm(join(folder, name), { force: true });
        return new RunLock(file, holder, options);
      }
      await rm(file, { force: true });
    }
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.last;
    if ((await holderIn(this.file))?.id !== this.holder.id) return;
    // One that cannot be removed is that of a dead process soon. The reason why the work ended matters more.
    await rm(this.file, { force: true }).catch(() => undefined);
  }

  private async beat(onLost: (() => void) | undefined): Promise<void> {
    const found = await holderIn(this.file);
    // A drive that does not answer is no loss.
    if (found === undefined && existsSync(this.file)) return;
    if (found?.id !== this.holder.id) {
      clearInterval(this.timer);
      onLost?.();
      return;
    }
    this.holder = { ...this.holder, heartbeat: this.holder.heartbeat + 1 };
    // In place, and without creating it: a file that was removed must not come back. A full disk is not the lock's concern.
    await writeFile(this.file, textOf(this.holder), { flag: 'r+' }).catch(() => undefined);
  }
}

interface Lock {
  readonly name: string;
  readonly number: number;
  /** Undefined: the file is not complete, or damaged. */
  readonly holder: Holder | undefined;
}

const LOCK_NAME = /^lock-(\d+)\.json$/;

function nameOf(number: number): string {
  return `lock-${number}.json`;
}

async function locksIn(folder: string): Promise<readonly Lock[]> {
  const locks: Lock[] = [];
  for (const name of await readdir(folder)) {
    const [, number] = LOCK_NAME.exec(name) ?? [];
    if (number === undefined) continue;
    locks.push({ name, number: Number(number), holder: await holderIn(join(folder, name)) });
  }
  return locks;
}

async function holderIn(file: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Always of the same length, so that a heartbeat replaces the text before it. */
function textOf(holder: Holder): string {
  return `${JSON.stringify(holder).padEnd(TEXT_LENGTH)}\n`;
}

const TEXT_LENGTH = 1024;

/** Whether this process could create the file. */
async function created(file: string, holder: Holder): Promise<boolean> {
  const text = textOf(holder);
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    // Others would wait for the heartbeat of a part of a lock.
    await rm(file, { force: true }).catch(() => undefined);
    throw writeFailure(file, Buffer.byteLength(text), error);
  }
}

/** Throws a UserError when the lock's holder is alive. */
async function requireDead(folder: string, lock: Lock, options: LockOptions): Promise<void> {
  const { holder } = lock;
  if (holder?.host === (options.host ?? machineName()) && isCertain(holder)) {
    if (isAlive(holder)) throw inUse(folder, holder);
    return;
  }
  const file = join(folder, lock.name);
  const pause = HEARTBEATS_PER_READING * (options.heartbeat ?? HEARTBEAT);
  options.onWait?.(holder?.host, READINGS * pause);
  for (let reading = 0; reading < READINGS; reading++) {
    await wait(pause * 1000);
    const now = await holderIn(file);
    if (now === undefined && !existsSync(file)) return; // given back
    if (now === undefined) continue; // damaged, or a drive that does not answer
    if (now.id !== holder?.id || now.heartbeat !== holder.heartbeat) throw inUse(folder, now);
  }
}

function inUse(folder: string, { command, host, pid, since }: Holder): UserError {
  return new UserError(
    `${folder} is in use by glit ${showName(command)} on ${showName(host)} (process ${pid}, since ${showName(since)}); wait for it, or stop it first`,
  );
}
