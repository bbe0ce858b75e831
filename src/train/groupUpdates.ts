import { groupsOf, type Network } from '../model/network.js';
import type { PathSchedule } from './paths.js';
import { groupsAt } from './state.js';

/**
 * How often the steps of a training have updated each group of a supernet. It follows from the paths of the steps, so a
 * training that goes on, or goes back, needs no record of it.
 */
export class GroupUpdates {
  private readonly places: ReadonlyMap<object, number>;
  private counts: Float64Array;
  private steps = 0;

  constructor(
    private readonly network: Network,
    private readonly paths: PathSchedule,
  ) {
    this.places = new Map(groupsOf(network).map((group, at) => [group, at]));
    this.counts = new Float64Array(this.places.size);
  }

  /** The counts after a step, which is counted from 0, in the order of {@link groupsOf}. Valid until the next call. */
  after(step: number): Float64Array {
    if (step + 1 < this.steps) {
      this.counts = new Float64Array(this.places.size);
      this.steps = 0;
    }
    for (; this.steps <= step; this.steps++) {
      for (const { group } of groupsAt(this.network, this.paths(this.steps).path)) {
        const at = this.places.get(group);
        if (at !== undefined) this.counts[at]++;
      }
    }
    return this.counts;
  }
}
