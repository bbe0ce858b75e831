import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** What a file says about the process that owns it. */
export const PROCESS_FIELDS = {
  host: z.string(),
  pid: z.int(),
  /** When the process started, in the machine's own units; null where that is not known. */
  processStart: z.string().nullable(),
};
export const processSchema = z.object(PROCESS_FIELDS);
export type ProcessIdentity = z.infer<typeof processSchema>;

export function thisProcess(): ProcessIdentity {
  return { host: machineName(), pid: process.pid, processStart: startOf(process.pid) };
}

/**
 * The name of the machine or, in a container, of its processes' own numbering: there, another container's processes cannot
 * be seen, even if the machine's name is the same.
 */
export function machineName(): string {
  try {
    const namespace = readlinkSync('/proc/self/ns/pid');
    // The first namespace of a Linux system has this number (PROC_PID_INIT_INO).
    return namespace === 'pid:[4026531836]' ? hostname() : `${hostname()}, ${namespace}`;
  } catch {
    return hostname();
  }
}

/** Whether a process of this machine still runs, and is not another one with the same number. */
export function isAlive({ pid, processStart }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is alive.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const status = statusOf(pid);
  // A process that has ended stays in the list until its parent asks how.
  if (status?.state === 'Z' || status?.state === 'X') return false;
  return processStart === null || status?.start === processStart;
}

/**
 * Whether {@link isAlive} is right about a process of a machine with this one's name. Machines and containers can have the
 * same name, and after a restart another process can have the number.
 */
export function isCertain(owner: ProcessIdentity): boolean {
  const here = startOf(process.pid);
  // Neither system says when a process started: one that is not there has ended.
  if (owner.processStart === null && here === null) return !isAlive(owner);
  return bootOf(owner.processStart) === bootOf(here);
}

function bootOf(start: string | null): string | undefined {
  return start?.split(' ')[0];
}

/** When a process started, in clock ticks since the machine did; null on systems that do not say. */
function startOf(pid: number): string | null {
  return statusOf(pid)?.start ?? null;
}

/** What Linux says of a process; undefined where it does not. */
function statusOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
    // Field 3 is the state, field 22 the start.
    const fields = afterName.split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { state: fields[0], start: `${boot} ${fields[19]}` };
  } catch {
    return undefined;
  }
}
