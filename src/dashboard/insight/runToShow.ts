import type { RunSummary } from '../messages.js';

/** Milliseconds without news after which a run that says it works is called silent: it may have been killed. */
const SILENCE = 120_000;

/** Whether a run says that it works but has no news; `now` is in milliseconds since 1970. */
export function isSilent({ status, time }: Pick<RunSummary, 'status' | 'time'>, now: number): boolean {
  return status === 'running' && now - Date.parse(time) > SILENCE;
}

/**
 * The run to show where the reader has chosen none: the one shown `before` while it works, so that runs at the same time do
 * not take turns; else the one with the latest news, which is the first. Undefined if there are none.
 */
export function runToShow(runs: readonly RunSummary[], before: string, now: number): string | undefined {
  const shown = runs.find(({ id }) => id === before);
  return shown?.status === 'running' && !isSilent(shown, now) ? before : runs.at(0)?.id;
}
