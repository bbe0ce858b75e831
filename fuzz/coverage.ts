import { Session, type Profiler } from 'node:inspector/promises';

/** Positions in a script, from the first to before the last. */
type Interval = readonly [from: number, to: number];

/** By function: the parts of it that have not run. */
export type Uncovered = ReadonlyMap<string, readonly Interval[]>;

/** The parts of functions that have run, as V8 counts them. */
export class Coverage {
  private readonly session = new Session();
  /** Of the functions that have run. */
  private readonly uncovered = new Map<string, readonly Interval[]>();

  private constructor(private readonly part: string) {}

  /** Only code whose address contains `part` counts. */
  static async start(part: string): Promise<Coverage> {
    const coverage = new Coverage(part);
    coverage.session.connect();
    await coverage.session.post('Profiler.enable');
    await coverage.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return coverage;
  }

  /**
   * The functions of which, since the last call, a part has run that was not known to, and what of them then has not. Where
   * a part begins and ends depends on how often its neighbours have run, so what has not run is compared, which does not.
   */
  async fresh(): Promise<Uncovered> {
    const { result }: Profiler.TakePreciseCoverageReturnType = await this.session.post('Profiler.takePreciseCoverage');
    const fresh = new Map<string, readonly Interval[]>();
    for (const { scriptId, url, functions } of result) {
      if (!url.includes(this.part)) continue;
      for (const { ranges } of functions) {
        const [{ startOffset, endOffset, count }] = ranges;
        if (count === 0) continue;
        const name = `${scriptId} ${startOffset} ${endOffset}`;
        const idle = ranges
          .filter((range) => range.count === 0)
          .map((range): Interval => [range.startOffset, range.endOffset]);
        const before = this.uncovered.get(name);
        const left = before === undefined ? idle : overlap(before, idle);
        if (before === undefined || extent(left) < extent(before)) fresh.set(name, left);
      }
    }
    return fresh;
  }

  /** From now on these are known. */
  learn(fresh: Uncovered): void {
    for (const [name, left] of fresh) this.uncovered.set(name, left);
  }
}

function overlap(some: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  return some.flatMap(([from, to]) =>
    others
      .map(([start, end]): Interval => [Math.max(from, start), Math.min(to, end)])
      .filter(([start, end]) => start < end),
  );
}

function extent(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [from, to]) => sum + to - from, 0);
}
