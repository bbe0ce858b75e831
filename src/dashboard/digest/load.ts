/** The most points of the machine's load; with more, two neighbours become one. */
const MOST_POINTS = 240;

/** The load of the machine over a run's time: for each point, its end in seconds of work, and the cores kept busy. */
export interface LoadData {
  readonly seconds: readonly number[];
  /** Processor seconds so far, over all threads. */
  readonly processorSeconds: readonly number[];
  /** Seconds between two points. */
  readonly interval: number;
}

/** Processor time over time, from the stamps of a journal, in bounded memory. */
export class Load {
  #seconds: number[];
  #processor: number[];
  #interval: number;

  constructor({ seconds = [], processorSeconds = [], interval = 1 }: Partial<LoadData> = {}) {
    this.#seconds = [...seconds];
    this.#processor = [...processorSeconds];
    this.#interval = interval;
  }

  /** Records an entry's stamp. Journals of older versions have no processor time. */
  add(seconds: number, processorSeconds: number | undefined): void {
    if (processorSeconds === undefined) return;
    if (seconds < (this.#seconds.at(-1) ?? -Infinity) + this.#interval) return;
    if (this.#seconds.length === MOST_POINTS) {
      this.#seconds = this.#seconds.filter((_, index) => index % 2 === 1);
      this.#processor = this.#processor.filter((_, index) => index % 2 === 1);
      this.#interval *= 2;
    }
    this.#seconds.push(seconds);
    this.#processor.push(processorSeconds);
  }

  /** The cores that were busy on average between two points, at the end of each interval. */
  busyCores(): readonly { readonly seconds: number; readonly cores: number }[] {
    return this.#seconds.slice(1).map((seconds, index) => ({
      seconds,
      cores: (this.#processor[index + 1] - this.#processor[index]) / (seconds - this.#seconds[index]),
    }));
  }

  toJSON(): LoadData {
    return { seconds: this.#seconds, processorSeconds: this.#processor, interval: this.#interval };
  }
}
