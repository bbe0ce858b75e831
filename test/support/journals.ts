import { appendFileSync } from 'node:fs';
import type { CandidateEvaluated, RunEvent, TrainStep } from '../../src/telemetry/events.js';
import type { Stage } from '../../src/telemetry/stage.js';

/** A line of a journal, `seconds` after the run's start. */
export function journalLine(event: RunEvent, seconds = 0): string {
  const time = new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();
  return `${JSON.stringify({ time, seconds, processorSeconds: 1.5 * seconds, ...event })}\n`;
}

/** Appends events to a journal, a second apart. */
export function appendEvents(file: string, events: readonly RunEvent[], from = 0): void {
  appendFileSync(file, events.map((event, index) => journalLine(event, from + index)).join(''));
}

export const SUPERNET: Stage & { readonly kind: 'supernet' } = { kind: 'supernet', level: 'high' };

export function runStarted(command = 'run'): RunEvent {
  const model = { imageSize: 32, patchSize: 8, dim: 24, heads: 3, depth: 2 };
  return { type: 'runStarted', command, version: '0.0.0', seed: 0, config: { model } };
}

export function trainStep(step: number, steps: number, loss = 1 / step): TrainStep {
  return {
    type: 'trainStep',
    stage: SUPERNET,
    step,
    steps,
    epoch: step / 10,
    loss,
    accuracy: 0.5,
    learningRate: 0.001,
    gradientNorm: 1,
    imagesPerSecond: 100,
    waitingShare: 0.1,
    remainingSeconds: steps - step,
  };
}

export function candidate(id: number, total: number, changes: Partial<CandidateEvaluated> = {}): CandidateEvaluated {
  const local = id % 4;
  const fitness = 0.3 + 0.1 * local + (id % 7) / 100;
  return {
    type: 'candidateEvaluated',
    stage: { kind: 'search', level: 'high' },
    method: 'evolution',
    done: id + 1,
    total,
    id,
    generation: Math.floor(id / 10),
    path: [local, id % 3],
    blocks: [
      { globalHeads: 3 - local, localHeads: local, ffnRatio: 4 },
      { globalHeads: 3, localHeads: 0, ffnRatio: 2 * (1 + (id % 3)) },
    ],
    fitness,
    values: [fitness],
    loss: 2 - fitness,
    measures: { macs: 400_000 + 1000 * (id % 50), parameters: 30_000 },
    origin: id < 10 ? { operator: 'random', parents: [] } : { operator: 'mutation', parents: [id - 10] },
    ...changes,
  };
}
