import type { Entry } from '../../telemetry/journal.js';
import type { Selection, Stage } from '../../telemetry/stage.js';

/** What a search has cost so far, in processor seconds over all its processes. */
export interface SearchCost {
  /** Supernets, scoring, successive halving and final trainings. Random search has only the last two. */
  readonly processorSeconds: number;
  /** Of these, the rounds of successive halving. */
  readonly halvingSeconds: number;
  /** Of these, the final trainings. */
  readonly finalSeconds: number;
  readonly finalTrainings: number;
}

/**
 * The cost of a run's search in supernets, or of its random search, from its journal. An entry accounts for the time
 * since the entry before it, so pauses and whatever belongs to no stage of the search do not count.
 */
export function searchCost(entries: readonly Entry[], by: Selection): SearchCost {
  const seconds = { supernets: 0, contender: 0, finalist: 0 };
  const ranks = new Set<number>();
  entries.forEach((entry, at) => {
    if (at === 0 || !('stage' in entry)) return;
    const { stage } = entry;
    const part = partOf(stage, by);
    if (part === undefined) return;
    seconds[part] += entry.processorSeconds - entries[at - 1].processorSeconds;
    if (stage.kind === 'train' && stage.network?.role === 'finalist') ranks.add(stage.network.rank);
  });
  return {
    processorSeconds: seconds.supernets + seconds.contender + seconds.finalist,
    halvingSeconds: seconds.contender,
    finalSeconds: seconds.finalist,
    finalTrainings: ranks.size,
  };
}

/** A stage's part of the search; undefined if it is none of it. */
function partOf(stage: Stage, by: Selection): 'supernets' | 'contender' | 'finalist' | undefined {
  if (stage.kind === 'supernet' || stage.kind === 'search') return by === 'found' ? 'supernets' : undefined;
  const network = stage.kind === 'train' ? stage.network : undefined;
  const isOfSearch = (network?.role === 'contender' || network?.role === 'finalist') && network.by === by;
  return isOfSearch ? network.role : undefined;
}
