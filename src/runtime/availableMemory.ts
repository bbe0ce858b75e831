import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What the system says of this process's memory, in bytes. */
export interface MemoryReadings {
  /** The process's limit; more than the machine has where there is none, 0 where it is not known. */
  readonly limit: number;
  /** What is left of the limit, or of the machine where there is none. */
  readonly available: number;
  /** A file of the system, as text. Throws where there is none. */
  readonly read: (file: string) => string;
}

/**
 * The bytes of memory that this process can still take. Within a limit, as of a container, the system counts files that it
 * keeps in memory as used, such as the images that were read; those that were not used lately it gives up at need, so
 * they count as available here.
 */
export function availableMemory({ limit, available, read }: MemoryReadings = readings()): number {
  if (limit === 0 || limit > totalmem()) return available;
  return available + idleFiles(read);
}

function readings(): MemoryReadings {
  return {
    limit: process.constrainedMemory(),
    available: process.availableMemory(),
    read: (file) => readFileSync(file, 'utf8'),
  };
}

/** Bytes of files in memory that were not used lately, in the process's group of Linux (cgroup, version 2 or 1). */
function idleFiles(read: (file: string) => string): number {
  try {
    const groups = read('/proc/self/cgroup');
    const first = /^\d+:memory:(.*)$/m.exec(groups)?.[1];
    const folder = first === undefined ? (/^0::(.*)$/m.exec(groups)?.[1] ?? '') : `/memory${first}`;
    const line = first === undefined ? /^inactive_file (\d+)$/m : /^total_inactive_file (\d+)$/m;
    return Number(line.exec(read(`/sys/fs/cgroup${folder}/memory.stat`))?.[1] ?? 0);
  } catch {
    return 0; // another system, or no such group is to be seen from within a container
  }
}
