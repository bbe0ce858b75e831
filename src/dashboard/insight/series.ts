import type { StageRecord } from '../digest/digest.js';

/** Seconds of work on the run from the first start of some stages to their last end; they may run side by side. */
export function seriesSeconds(stages: readonly StageRecord[]): number {
  return Math.max(...stages.map(({ latest }) => latest)) - Math.min(...stages.map(({ started }) => started));
}
