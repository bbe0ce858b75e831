import type { Device } from '../src/runtime/device.js';

/** The inputs of a measurement. */
export interface Context {
  readonly device: Device;
  readonly rounds: number;
  /** The user's photographs, one folder per class, to load besides the generated ones. */
  readonly images?: string | undefined;
}

/** One line of the result. */
export interface Row {
  readonly what: string;
  /** Median milliseconds of one run. */
  readonly milliseconds?: number;
  readonly imagesPerSecond?: number;
  /** Peak of resident memory, in units of 2^20 bytes. */
  readonly mebibytes?: number;
  /** A comparison, e.g. 0.67 `of sgemm` or 1.02 `× the static step`. */
  readonly ratio?: number;
  readonly ratioTo?: string;
}

/** A measurement that can be selected by name. */
export interface Case {
  readonly name: string;
  /** Skipped, with a reason, if this machine lacks something. */
  measure(context: Context): Promise<readonly Row[] | { readonly skipped: string }>;
}
