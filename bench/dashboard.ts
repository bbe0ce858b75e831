import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { serveDashboard } from '../src/dashboard/server.js';
import type { CandidateEvaluated, RunEvent, TrainStep } from '../src/telemetry/events.js';
import type { Case, Row } from './case.js';

const EVENTS = 1_000_000;
/** Of so many events, one is a scored candidate; the others are training steps. */
const CANDIDATE_EVERY = 20;

/** How long a very long run takes to show, for whoever opens the dashboard first and for all after. */
export const dashboardCases: readonly Case[] = [
  {
    name: 'dashboard/million events',
    async measure() {
      const folder = await mkdtemp(path.join(tmpdir(), 'glit-bench-dashboard-'));
      try {
        const journal = path.join(folder, 'journal.jsonl');
        await pipeline(Readable.from(journalLines()), createWriteStream(journal));
        const before = process.memoryUsage().rss;
        const cold = await opened(folder);
        const grown = (process.memoryUsage().rss - before) / 2 ** 20;
        const indexed = await opened(folder);
        return [
          { what: 'first figures, never opened before', milliseconds: cold.first },
          { what: 'all figures, never opened before', milliseconds: cold.all, mebibytes: grown },
          { what: 'all figures, opened before', milliseconds: indexed.all },
        ] satisfies readonly Row[];
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
];

/** Milliseconds from the start of a server until it has told something about the run, and until it has told all. */
async function opened(folder: string): Promise<{ readonly first: number; readonly all: number }> {
  const began = performance.now();
  const dashboard = await serveDashboard({ folders: [folder], host: '127.0.0.1', port: 0 });
  try {
    const ask = async (address: string): Promise<unknown> => (await fetch(new URL(address, dashboard.url))).json();
    const [{ id }] = (await ask('api/runs')) as readonly { readonly id: string }[];
    let first: number | undefined;
    for (;;) {
      const { read } = (await ask(`api/runs/${id}`)) as { readonly read: number };
      first ??= performance.now() - began;
      if (read === 1) return { first, all: performance.now() - began };
    }
  } finally {
    await dashboard.close();
  }
}

/** The journal of a long run, in pieces. */
function* journalLines(): Iterable<string> {
  const started: RunEvent = { type: 'runStarted', command: 'run', version: '0.0.0', seed: 0, config: {} };
  yield lineOf(started, 0);
  for (let at = 1; at < EVENTS; at++) yield lineOf(at % CANDIDATE_EVERY === 0 ? candidate(at) : step(at), at);
}

function lineOf(event: RunEvent, seconds: number): string {
  const time = new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();
  return `${JSON.stringify({ time, seconds, processorSeconds: seconds, ...event })}\n`;
}

function step(at: number): TrainStep {
  return {
    type: 'trainStep',
    stage: { kind: 'supernet', level: 'high' },
    step: at,
    steps: EVENTS,
    epoch: at / 1000,
    loss: 1 / at,
    accuracy: 0.5,
    learningRate: 0.001,
    gradientNorm: 1,
    imagesPerSecond: 100,
    waitingShare: 0.1,
    remainingSeconds: EVENTS - at,
  };
}

function candidate(at: number): CandidateEvaluated {
  const id = at / CANDIDATE_EVERY - 1;
  const fitness = 0.5 + (id % 1000) / 4000;
  return {
    type: 'candidateEvaluated',
    stage: { kind: 'search', level: 'high' },
    method: 'evolution',
    done: id + 1,
    total: EVENTS / CANDIDATE_EVERY,
    id,
    generation: Math.floor(id / 50),
    path: [id % 4, id % 3],
    blocks: [
      { globalHeads: 3 - (id % 4), localHeads: id % 4, ffnRatio: 4 },
      { globalHeads: 3, localHeads: 0, ffnRatio: 2 * (1 + (id % 3)) },
    ],
    fitness,
    values: [fitness],
    loss: 2 - fitness,
    measures: { macs: 400_000 + 1000 * (id % 50), parameters: 30_000 },
    origin: { operator: 'random', parents: [] },
  };
}
