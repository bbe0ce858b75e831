import type { Entry } from '../telemetry/journal.js';
import { stageName } from '../telemetry/stage.js';

/**
 * Recognises, entry by entry of a journal, what only an interruption made necessary: steps and evaluations that an earlier
 * process of the run has done already. What a process does again by itself, after a divergence, is not that.
 */
export class RepeatedWork {
  #processes = 0;
  /** The first process that did it. */
  readonly #done = new Map<string, number>();

  /** Takes in the next entry. Whether its work is repeated. */
  includes(entry: Entry): boolean {
    if (entry.type === 'runStarted') this.#processes++;
    if (entry.type !== 'trainStep' && entry.type !== 'evaluation') return false;
    const what = entry.type === 'trainStep' ? entry.step : `${entry.weights} ${entry.split}`;
    const key = `${stageName(entry.stage)} ${what}`;
    const first = this.#done.get(key) ?? this.#processes;
    this.#done.set(key, first);
    return first < this.#processes;
  }
}
