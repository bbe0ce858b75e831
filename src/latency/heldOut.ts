import type { LatencyTable } from '../measure/latencyTable.js';
import type { Rng } from '../random/rng.js';
import type { Path } from '../space/space.js';
import { errorsOf } from './errors.js';

/** Random networks between the smallest and the largest. */
const STRATA = 20;
/** The paths of {@link stratifiedPaths}. */
export const HELD_OUT = STRATA + 2;
/** The share of a position's choices, around its stratum, that a network draws from. */
const WINDOW = 0.4;

/**
 * Paths that spread over all sizes of a space: the smallest choice everywhere, random ones of ever larger choices, the
 * largest everywhere. (Uniform draws would all lie near the middle.) `sizes[i][k]` is that of choice k at position i.
 */
export function stratifiedPaths(sizes: readonly (readonly number[])[], rng: Rng): Path[] {
  const ranked = sizes.map((choices) => [...choices.keys()].toSorted((one, other) => choices[one] - choices[other]));
  const random = Array.from({ length: STRATA }, (_, stratum) => {
    const stream = rng.fork(stratum);
    const middle = (stratum + 0.5) / STRATA;
    return ranked.map((order) => {
      const share = Math.min(1, Math.max(0, middle + WINDOW * (stream.uniform() - 0.5)));
      return order[Math.min(order.length - 1, Math.floor(share * order.length))];
    });
  });
  return [ranked.map((order) => order[0]), ...random, ranked.map((order) => order[order.length - 1])];
}

/** What was predicted for networks and measured twice, in milliseconds. */
export interface Predictions {
  /** The blocks of every network, as the table describes them. */
  readonly blocks: readonly (readonly string[])[];
  readonly predicted: readonly number[];
  readonly measured: readonly number[];
  readonly again: readonly number[];
  /** The best guess that is the same for all networks. */
  readonly constant: number;
}

/** How well networks were predicted, beside a constant and beside repeating the measurement. */
export function checkOf({ blocks, predicted, measured, again, constant }: Predictions): LatencyTable['check'] {
  return {
    prediction: errorsOf(predicted, measured),
    constant: errorsOf(
      measured.map(() => constant),
      measured,
    ),
    repetition: errorsOf(measured, again),
    networks: blocks.map((each, at) => ({
      blocks: [...each],
      predicted: predicted[at],
      measured: measured[at],
      again: again[at],
    })),
  };
}
