import type { Entry, Stamp } from '../../telemetry/journal.js';
import { stageName, type Stage } from '../../telemetry/stage.js';
import { RepeatedWork } from '../repeatedWork.js';

/** What the network of a row has cost, from the first supernet to the last training; no test images, no export. */
export interface Effort {
  /** Over all threads and processes. */
  readonly processorSeconds: number;
  readonly seconds: number;
  /** Training steps of all supernets together. */
  readonly supernetSteps: number;
  /** Candidates that were scored with inherited weights. */
  readonly candidates: number;
  /** Networks that were trained, short trainings included. */
  readonly trainings: number;
}

/**
 * A run's effort, from its journal. An entry accounts for the time since the entry before it, without pauses and
 * {@link RepeatedWork}.
 */
export async function effortOf(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<Effort> {
  let [processorSeconds, seconds] = [0, 0];
  const supernets = new Map<string, number>();
  const trainings = new Set<string>();
  const candidates = new Set<string>();
  const repeated = new RepeatedWork();
  let last: Stamp | undefined;
  for await (const entry of entries) {
    const since = last;
    last = entry;
    if (repeated.includes(entry) || since === undefined || !isOfWork(entry)) continue;
    processorSeconds += entry.processorSeconds - since.processorSeconds;
    seconds += entry.seconds - since.seconds;
    const name = stageName(entry.stage);
    if (entry.type === 'candidateEvaluated') candidates.add(`${name} ${entry.method} ${entry.id}`);
    if (entry.type !== 'stageStarted') continue;
    if (entry.stage.kind === 'supernet') supernets.set(name, entry.steps ?? 0);
    if (entry.stage.kind === 'train') trainings.add(name);
  }
  const supernetSteps = [...supernets.values()].reduce((sum, steps) => sum + steps, 0);
  return { processorSeconds, seconds, supernetSteps, candidates: candidates.size, trainings: trainings.size };
}

/** Whether an entry is of the work on a row's network. Candidates drawn at random are only for comparison. */
function isOfWork(entry: Entry): entry is Extract<Entry, { readonly stage: Stage }> {
  if (!('stage' in entry) || (entry.type === 'candidateEvaluated' && entry.method === 'random')) return false;
  return ['supernet', 'search', 'train'].includes(entry.stage.kind);
}
