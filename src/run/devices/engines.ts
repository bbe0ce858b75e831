import { costRange } from '../../measure/budget.js';
import { costTable } from '../../measure/cost.js';
import type { Network } from '../../model/network.js';
import type { Device } from '../../runtime/device.js';
import { Engines } from '../../runtime/engines.js';
import type { SearchContext } from '../context.js';

/** Works that do not depend on one another. */
export interface IndependentWorks {
  readonly count: number;
  /** The multiply-adds of one run of a program in such a work: of a training step, or of scoring a batch. */
  readonly macs: number;
}

/** Opens the engines for independent works, and says so if there are several. The caller closes them. */
export function openEngines(
  { config, device, emit }: Pick<SearchContext, 'config' | 'device' | 'emit'>,
  works: IndependentWorks,
): Promise<Engines> {
  const count = engineCount({ config, device }, works);
  if (count > 1) emit({ type: 'enginesOpened', engines: count, threads: device.threads });
  return Engines.open(device, count, {
    onRetired: (left) => {
      const message = `memory is short; going on with ${left} of ${count} engines (--engines ${left} starts with as many)`;
      emit({ type: 'warning', message });
    },
  });
}

/** Opens the engines for independent trainings. Ranks train every network together, so one after another. */
export function openTrainingEngines(
  context: Pick<SearchContext, 'config' | 'device' | 'ranks' | 'emit'>,
  works: IndependentWorks,
): Promise<Engines> {
  return openEngines(context, context.ranks.size === 1 ? works : { ...works, count: 1 });
}

/** The configured number of engines, or as many as bring the works forward; not more than there are works. */
export function engineCount(
  { config, device }: Pick<SearchContext, 'config' | 'device'>,
  { count, macs }: IndependentWorks,
): number {
  return Math.max(1, Math.min(count, config.device.engines ?? usefulEngines(device, macs)));
}

/** Multiply-adds of the largest network in a supernet, for one image. */
export function largestMacs(network: Network): number {
  return costRange(costTable(network)).macs.max;
}

/** Multiply-adds of a training step on images of a network with `macs`: a forward pass, and twice as much backward. */
export function macsOfStep(macs: number, images: number): number {
  return 3 * macs * images;
}

/**
 * A run of a program keeps one thread busy per this many multiply-adds; with more threads it waits rather than computes.
 * Two engines of one thread against one of two, on two cores: 1.13 times the throughput for the cifar preset (2.5e9
 * multiply-adds for 250 images). Two ranks of one thread against one of two have 0.96 times for DeiT-Tiny (2e10 for 16 images).
 */
const MACS_PER_THREAD = 8e9;

function usefulEngines({ kind, threads }: Pick<Device, 'kind' | 'threads'>, macs: number): number {
  if (kind === 'webgpu') return 1;
  return Math.floor(threads / Math.min(threads, Math.ceil(macs / MACS_PER_THREAD)));
}
