import { Session, type Profiler } from 'node:inspector/promises';

/** The blocks of code that have run, as V8 counts them. */
export class Coverage {
  private readonly session = new Session();
  private readonly known = new Set<string>();

  private constructor(private readonly part: string) {}

  /** Only code whose address contains `part` counts. */
  static async start(part: string): Promise<Coverage> {
    const coverage = new Coverage(part);
    coverage.session.connect();
    await coverage.session.post('Profiler.enable');
    await coverage.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return coverage;
  }

  /** The blocks that have run since the last call and that are not known. */
  async fresh(): Promise<readonly string[]> {
    const { result }: Profiler.TakePreciseCoverageReturnType = await this.session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => url.includes(this.part))
      .flatMap(({ scriptId, functions }) => functions.map(({ ranges }) => ({ scriptId, ranges })))
      .flatMap(({ scriptId, ranges }) =>
        ranges
          .filter(({ count }) => count > 0)
          .map(({ startOffset, endOffset }) => `${scriptId} ${startOffset} ${endOffset}`),
      )
      .filter((block) => !this.known.has(block));
  }

  /** From now on these are known. */
  learn(blocks: readonly string[]): void {
    for (const block of blocks) this.known.add(block);
  }
}
