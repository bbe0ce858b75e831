/** How fast work goes and how long it will take, and how both are written for people. */

export interface ProgressOptions {
  /** Units that were done before, by an earlier process. Default 0. */
  readonly done?: number;
  /** Seconds after which a measurement counts half. Default 30. */
  readonly halfLife?: number;
  /** A clock in seconds that never goes back. Default: the process's. */
  readonly now?: () => number;
}

/** The smoothed rate of work of known extent: recent work counts more, by an exponentially fading weight. */
export class Progress {
  private readonly halfLife: number;
  private readonly now: () => number;
  private finished: number;
  private last: number;
  private weightedUnits = 0;
  private weightedSeconds = 0;

  /** `total` is the extent of the work in whatever unit {@link advance} counts. The clock starts now. */
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

  /** Notes that `units` more are done. */
  advance(units = 1): void {
    const now = this.now();
    const elapsed = now - this.last;
    const fade = 0.5 ** (elapsed / this.halfLife);
    this.weightedUnits = this.weightedUnits * fade + units;
    this.weightedSeconds = this.weightedSeconds * fade + elapsed;
    this.finished += units;
    this.last = now;
  }

  /** Units a second; undefined until some time was measured. */
  get rate(): number | undefined {
    return this.weightedSeconds > 0 ? this.weightedUnits / this.weightedSeconds : undefined;
  }

  /** Expected seconds to the end; undefined until a rate is known. */
  get remainingSeconds(): number | undefined {
    const { rate } = this;
    return rate === undefined || rate === 0 ? undefined : Math.max(0, this.total - this.finished) / rate;
  }
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
