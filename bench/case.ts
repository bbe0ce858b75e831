import type { Device } from '../src/runtime/device.js';

/** What a measurement needs. */
export interface Context {
  readonly device: Device;
  readonly rounds: number;
  /** A folder of photographs of the user's, a folder per class, to load besides the generated ones. */
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
  /** How it compares, e.g. 0.67 `of sgemm` or 1.02 `× the static step`. */
  readonly ratio?: number;
  readonly ratioTo?: string;
}

/** A measurement that can be asked for by name. */
export interface Case {
  readonly name: string;
  /** Undefined, with a reason, where this machine has not what it takes. */
  measure(context: Context): Promise<readonly Row[] | { readonly skipped: string }>;
}
