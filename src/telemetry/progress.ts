/** The rate of work, the time left, and their wording. */
import type { StageProgress } from './events.js';
import type { Stage } from './stage.js';

export interface ProgressOptions {
  /** Units done before, by an earlier process. Default 0. */
  readonly done?: number;
  /** Half-life of a measurement, in seconds. Default 30. */
  readonly halfLife?: number;
  /** A monotonic clock in seconds. Default: the process's. */
  readonly now?: () => number;
}

/** The smoothed rate of work with a known total; the weight of past work decays exponentially. */
export class Progress {
  private readonly halfLife: number;
  private readonly now: () => number;
  private finished: number;
  private last: number;
  private weightedUnits = 0;
  private weightedSeconds = 0;

  /** `total` is the amount of work in the units of {@link advance}. The clock starts now. */
  constructor(
    readonly total: number,
    options: ProgressOptions = {},
  ) {
    this.finished = options.done ?? 0;
    this.halfLife = options.halfLife ?? 30;
    this.now = options.now ?? (() => performance.now() / 1000);
    this.last = this.now();
  }

  /** Units done so far. */
  get done(): number {
    return this.finished;
  }

  /** Records that `units` more are done. */
  advance(units = 1): void {
    const now = this.now();
    const elapsed = now - this.last;
    const fade = 0.5 ** (elapsed / this.halfLife);
    this.weightedUnits = this.weightedUnits * fade + units;
    this.weightedSeconds = this.weightedSeconds * fade + elapsed;
    this.finished += units;
    this.last = now;
  }

  /** Records that an earlier process did `units`, which say nothing about the rate. */
  skip(units: number): void {
    this.finished += units;
  }

  /** Units per second; undefined until some time has passed. */
  get rate(): number | undefined {
    return this.weightedSeconds > 0 ? this.weightedUnits / this.weightedSeconds : undefined;
  }

  /** Expected seconds left; undefined until a rate is known. */
  get remainingSeconds(): number | undefined {
    const { rate } = this;
    return rate === undefined || rate === 0 ? undefined : Math.max(0, this.total - this.finished) / rate;
  }
}

/** The event that tells how far a stage is. */
export function stageProgress(stage: Stage, { done, total, remainingSeconds }: Progress): StageProgress {
  return { type: 'stageProgress', stage, done, total, ...(remainingSeconds !== undefined && { remainingSeconds }) };
}

/** A duration in its two largest units: `0.4s`, `12s`, `1m 05s`, `2h 03m`, `3d 04h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}
