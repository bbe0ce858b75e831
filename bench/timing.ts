/** Something to time: does its work once and returns the seconds. */
export interface Subject {
  readonly name: string;
  run(): Promise<number>;
}

/** A subject timed from outside. */
export function timed(name: string, work: () => Promise<unknown>): Subject {
  return {
    name,
    async run() {
      const start = performance.now();
      await work();
      return (performance.now() - start) / 1000;
    },
  };
}

/** The same in processor seconds over all threads of this process: the cost of the work on any number of cores. */
export function timedByProcessor(name: string, work: () => Promise<unknown>): Subject {
  return {
    name,
    async run() {
      const start = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    },
  };
}

/** Each subject's time in each round. */
export class Timings {
  constructor(private readonly seconds: ReadonlyMap<string, readonly number[]>) {}

  /** The median seconds of a subject. */
  of(name: string): number {
    return median(this.all(name));
  }

  /** The median over rounds of the ratio of two subjects' times in the same round. */
  ratio(name: string, base: string): number {
    const bases = this.all(base);
    return median(this.all(name).map((value, round) => value / bases[round]));
  }

  private all(name: string): readonly number[] {
    const found = this.seconds.get(name);
    if (found === undefined) throw new RangeError(`"${name}" was not measured`);
    return found;
  }
}

const WARM_UP = 2;

/**
 * Measures subjects in turns, so that other load on the machine affects all equally. Each runs twice per round and is
 * timed the second time: the first run fills the caches and wakes its threads.
 */
export async function interleaved(subjects: readonly Subject[], rounds: number): Promise<Timings> {
  const seconds = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) for (let i = 0; i < WARM_UP; i++) await subject.run();
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      await subject.run();
      seconds.get(subject.name)?.push(await subject.run());
    }
  }
  return new Timings(seconds);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
