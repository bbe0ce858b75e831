import assert from 'node:assert/strict';
import type { Tensor } from '../../src/tensor/tensor.js';

/** Compares tensors with references, fails at the first large difference, and records the worst one. */
export class Comparison {
  readonly #worst = new Map<string, { error: number; tolerance: number; what: string }>();

  /** No element may differ by more than `tolerance`. */
  absolute(group: string, what: string, actual: Tensor, expected: Tensor, tolerance: number): void {
    assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
    this.#check(group, what, largestDifference(values(actual), values(expected)), tolerance);
  }

  /** No element may differ by more than `tolerance` times the largest element. */
  ofLargest(group: string, what: string, actual: Tensor, expected: Tensor, tolerance: number): void {
    assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
    const reference = values(expected);
    const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.#check(group, what, largestDifference(values(actual), reference) / largest, tolerance);
  }

  /** The norm of the difference may not exceed `tolerance` times the norm of the reference. */
  relativeLength(group: string, what: string, actual: Tensor, expected: Tensor, tolerance: number): void {
    assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
    const reference = values(expected);
    const difference = values(actual).map((value, at) => value - reference[at]);
    this.#check(group, what, length(difference) / length(reference), tolerance);
  }

  number(group: string, what: string, actual: number, expected: number, tolerance: number): void {
    this.#check(group, what, Math.abs(actual - expected), tolerance);
  }

  /** The worst difference of every group, with its tolerance. */
  report(): string {
    return [...this.#worst]
      .map(([group, { error, tolerance, what }]) => `${group} ${error.toExponential(1)} of ${tolerance} (${what})`)
      .join('; ');
  }

  #check(group: string, what: string, error: number, tolerance: number): void {
    // `!(… <= …)` also catches NaN
    if (!(error <= tolerance)) assert.fail(`${what} (${group}) is off by ${error}, more than ${tolerance}`);
    const before = this.#worst.get(group);
    if (before === undefined || error >= before.error) this.#worst.set(group, { error, tolerance, what });
  }
}

export function values({ data }: Tensor): Float64Array {
  return Float64Array.from(data, Number);
}

export function length(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function largestDifference(actual: Float64Array, expected: Float64Array): number {
  // Math.max keeps a NaN
  return actual.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
}
