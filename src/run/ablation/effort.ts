import type { Entry } from '../../telemetry/journal.js';
import { stageName } from '../../telemetry/stage.js';

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

/** A run's effort, from its journal. An entry accounts for the time since the entry before it, without pauses. */
export function effortOf(entries: readonly Entry[]): Effort {
  let [processorSeconds, seconds] = [0, 0];
  const supernets = new Map<string, number>();
  const trainings = new Set<string>();
  const candidates = new Set<string>();
  entries.forEach((entry, at) => {
    if (at === 0 || !('stage' in entry)) return;
    const { stage } = entry;
    if (stage.kind !== 'supernet' && stage.kind !== 'search' && stage.kind !== 'train') return;
    processorSeconds += entry.processorSeconds - entries[at - 1].processorSeconds;
    seconds += entry.seconds - entries[at - 1].seconds;
    const name = stageName(stage);
    if (entry.type === 'candidateEvaluated') candidates.add(`${name} ${entry.method} ${entry.id}`);
    if (entry.type !== 'stageStarted') return;
    if (stage.kind === 'supernet') supernets.set(name, entry.steps ?? 0);
    if (stage.kind === 'train') trainings.add(name);
  });
  const supernetSteps = [...supernets.values()].reduce((sum, steps) => sum + steps, 0);
  return { processorSeconds, seconds, supernetSteps, candidates: candidates.size, trainings: trainings.size };
}
