import { cpus } from 'node:os';
import type { LatencyTable } from '../measure/latencyTable.js';

/** This machine, as tables name it. */
export function thisMachine(): LatencyTable['machine'] {
  return { cpu: cpus().at(0)?.model.trim() ?? 'unknown', platform: process.platform, arch: process.arch };
}

/** Whether two machines have the same processor and system, so that a table of one holds for the other. */
export function isSameMachine(one: LatencyTable['machine'], other: LatencyTable['machine']): boolean {
  return one.cpu === other.cpu && one.platform === other.platform && one.arch === other.arch;
}
