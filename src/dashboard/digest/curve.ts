import type { TrainStep } from '../../telemetry/events.js';

/** The most points of a curve; with more, two neighbours become one. */
const MOST_POINTS = 600;

/** How the values of neighbouring steps become one. */
type Merging = 'mean' | 'low' | 'high' | 'last';

/** What a curve records, and how. */
const COLUMNS = {
  /** Optimizer steps done. */
  step: 'last',
  epoch: 'last',
  /** Seconds of work on the run. */
  seconds: 'last',
  loss: 'mean',
  lossLow: 'low',
  lossHigh: 'high',
  accuracy: 'mean',
  learningRate: 'last',
  gradientNorm: 'mean',
  waitingShare: 'last',
  imagesPerSecond: 'mean',
} as const satisfies Record<string, Merging>;

export type CurveColumn = keyof typeof COLUMNS;

const NAMES = Object.keys(COLUMNS) as CurveColumn[];

/** A training's steps, condensed: one entry per column for every `stride` steps. In JSON, null stands for NaN. */
export interface CurveData {
  readonly stride: number;
  readonly columns: Readonly<Record<CurveColumn, readonly (number | null)[]>>;
}

/** The curve of a training in bounded memory: however many steps there are, it has at most 600 points. */
export class Curve {
  #stride = 1;
  /** Steps in the last point. */
  #filled = 0;
  readonly #columns: Record<CurveColumn, number[]>;
  /** Changes whenever the curve does. */
  revision = 0;

  constructor(data?: CurveData) {
    this.#columns = Object.fromEntries(
      NAMES.map((name) => [name, (data?.columns[name] ?? []).map((value) => value ?? NaN)]),
    ) as Record<CurveColumn, number[]>;
    this.#stride = data?.stride ?? 1;
    this.#filled = this.#stride;
  }

  get length(): number {
    return this.#columns.step.length;
  }

  column(name: CurveColumn): readonly number[] {
    return this.#columns[name];
  }

  /** Adds a step, done after `seconds` of work. A resumed training repeats steps: they replace those of before. */
  add(event: TrainStep, seconds: number): void {
    this.#dropFrom(event.step);
    const { step, epoch, loss, accuracy, learningRate, gradientNorm = NaN, waitingShare, imagesPerSecond } = event;
    this.#append({
      step,
      epoch,
      seconds,
      loss: asNumber(loss),
      lossLow: asNumber(loss),
      lossHigh: asNumber(loss),
      accuracy: asNumber(accuracy),
      learningRate,
      gradientNorm: asNumber(gradientNorm),
      waitingShare,
      imagesPerSecond,
    });
    this.revision++;
  }

  toJSON(): CurveData {
    const columns = NAMES.map((name) => [name, this.#columns[name].map(rounded)] as const);
    return { stride: this.#stride, columns: Object.fromEntries(columns) as Record<CurveColumn, (number | null)[]> };
  }

  #dropFrom(step: number): void {
    const { step: steps } = this.#columns;
    if (steps.length === 0 || steps[steps.length - 1] < step) return;
    const kept = steps.findIndex((each) => each >= step);
    for (const name of NAMES) this.#columns[name].length = kept;
    this.#filled = this.#stride;
  }

  #append(values: Readonly<Record<CurveColumn, number>>): void {
    if (this.#filled < this.#stride) {
      const last = this.length - 1;
      for (const name of NAMES) {
        const { [name]: column } = this.#columns;
        column[last] = merged(COLUMNS[name], column[last], this.#filled, values[name], 1);
      }
      this.#filled++;
      return;
    }
    if (this.length === MOST_POINTS) this.#halve();
    for (const name of NAMES) this.#columns[name].push(values[name]);
    this.#filled = 1;
  }

  /** Two neighbours become one, and points take in twice as many steps from here on. */
  #halve(): void {
    for (const name of NAMES) {
      const { [name]: column } = this.#columns;
      for (let at = 0; at < MOST_POINTS / 2; at++) {
        column[at] = merged(COLUMNS[name], column[2 * at], 1, column[2 * at + 1], 1);
      }
      column.length = MOST_POINTS / 2;
    }
    this.#stride *= 2;
  }
}

function merged(how: Merging, one: number, ones: number, other: number, others: number): number {
  if (Number.isNaN(other)) return one;
  if (Number.isNaN(one)) return other;
  switch (how) {
    case 'mean':
      return (one * ones + other * others) / (ones + others);
    case 'low':
      return Math.min(one, other);
    case 'high':
      return Math.max(one, other);
    case 'last':
      return other;
  }
}

/** NaN and infinities are null in a journal. */
function asNumber(value: number | null): number {
  return value ?? NaN;
}

/** Six significant digits, which is more than a screen shows. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
