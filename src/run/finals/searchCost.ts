import type { Entry } from '../../telemetry/journal.js';
import type { Selection } from '../../telemetry/stage.js';
import { RepeatedWork } from '../repeatedWork.js';

/** What a search has cost so far, in processor seconds over all its processes. */
export interface SearchCost {
  /** Supernets, scoring, successive halving and final trainings. Random search has only the last two. */
  readonly processorSeconds: number;
  /** Of these, the rounds of successive halving. */
  readonly halvingSeconds: number;
  /** The networks that the first of these rounds had. */
  readonly contenders: number;
  /** Of these, the final trainings. */
  readonly finalSeconds: number;
  readonly finalTrainings: number;
}

/**
 * The cost of a run's search in supernets, or of its random search, from its journal. An entry accounts for the time
 * since the entry before it, so pauses and whatever belongs to no stage of the search do not count. Nor does
 * {@link RepeatedWork}.
 */
export async function searchCost(entries: Iterable<Entry> | AsyncIterable<Entry>, by: Selection): Promise<SearchCost> {
  const seconds = { supernets: 0, contender: 0, finalist: 0 };
  const finalists = new Set<number>();
  const contenders = new Set<number>();
  const repeated = new RepeatedWork();
  let before: Entry | undefined;
  for await (const entry of entries) {
    const isRepeated = repeated.includes(entry);
    const part = partOf(entry, by);
    if (part !== undefined && before !== undefined && !isRepeated) {
      seconds[part] += entry.processorSeconds - before.processorSeconds;
    }
    before = entry;
    const network = 'stage' in entry && entry.stage.kind === 'train' ? entry.stage.network : undefined;
    if (part === 'finalist' && network?.role === 'finalist') finalists.add(network.rank);
    if (part === 'contender' && network?.role === 'contender' && network.round === 0) contenders.add(network.id);
  }
  return {
    processorSeconds: seconds.supernets + seconds.contender + seconds.finalist,
    halvingSeconds: seconds.contender,
    contenders: contenders.size,
    finalSeconds: seconds.finalist,
    finalTrainings: finalists.size,
  };
}

/** The part of the search that an entry belongs to; undefined if it is none of it. */
function partOf(entry: Entry, by: Selection): 'supernets' | 'contender' | 'finalist' | undefined {
  if (!('stage' in entry)) return undefined;
  const { stage } = entry;
  if (stage.kind === 'supernet' || stage.kind === 'search') {
    // Candidates drawn at random are only for comparison.
    const isCompared = entry.type === 'candidateEvaluated' && entry.method === 'random';
    return by === 'found' && !isCompared ? 'supernets' : undefined;
  }
  const network = stage.kind === 'train' ? stage.network : undefined;
  const isOfSearch = (network?.role === 'contender' || network?.role === 'finalist') && network.by === by;
  return isOfSearch ? network.role : undefined;
}
