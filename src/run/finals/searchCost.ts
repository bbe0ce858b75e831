import type { Entry } from '../../telemetry/journal.js';
import type { NetworkRole } from '../../telemetry/stage.js';

/** What a search has cost so far, in processor seconds over all its processes. */
export interface SearchCost {
  /** Supernets, scoring, successive halving and final trainings. */
  readonly processorSeconds: number;
  /** Of these, the rounds of successive halving. */
  readonly halvingSeconds: number;
  /** Of these, the final trainings. */
  readonly finalSeconds: number;
  readonly finalTrainings: number;
}

/**
 * The cost of a run's search, from its journal. An entry accounts for the time since the entry before it, so pauses and
 * whatever belongs to no stage of the search do not count.
 */
export function searchCost(entries: readonly Entry[]): SearchCost {
  const seconds = { search: 0, contender: 0, finalist: 0 };
  const ranks = new Set<number>();
  entries.forEach((entry, at) => {
    if (at === 0 || !('stage' in entry)) return;
    const { stage } = entry;
    const part = stage.kind === 'train' ? partOf(stage.network) : stage.kind === 'supernet' ? 'search' : stage.kind;
    if (part !== 'search' && part !== 'contender' && part !== 'finalist') return;
    seconds[part] += entry.processorSeconds - entries[at - 1].processorSeconds;
    if (stage.kind === 'train' && stage.network?.role === 'finalist') ranks.add(stage.network.rank);
  });
  return {
    processorSeconds: seconds.search + seconds.contender + seconds.finalist,
    halvingSeconds: seconds.contender,
    finalSeconds: seconds.finalist,
    finalTrainings: ranks.size,
  };
}

/** A trained network's part of the search; undefined if it is none of the search's. */
function partOf(network: NetworkRole | undefined): 'contender' | 'finalist' | undefined {
  const isOfSearch = (network?.role === 'contender' || network?.role === 'finalist') && network.by === 'found';
  return isOfSearch ? network.role : undefined;
}
