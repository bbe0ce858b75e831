import { agreed } from '../../comm/exchange.js';
import { UserError } from '../../errors.js';
import type { Architecture } from '../../family/family.js';
import { isSameMachine, thisMachine } from '../../latency/machine.js';
import type { Latency } from '../../latency/drift.js';
import { timeNetworks } from '../../latency/stopwatch.js';
import { costOf } from '../../measure/cost.js';
import { latenciesFrom, subjectOf, type LatencyTable } from '../../measure/latencyTable.js';
import { formatMilliseconds } from '../../measure/measure.js';
import { settledDevice } from '../devices/settledDevice.js';
import { openDevice } from '../../runtime/device.js';
import type { LatencyMeasured } from '../../telemetry/events.js';
import { journalEntries } from '../../telemetry/journal.js';
import type { SearchContext } from '../context.js';

/** Measures a network as the run's table was: the same engine, threads, batch and rounds. */
export async function measuredLatency(
  { config, rng, signal }: Pick<SearchContext, 'config' | 'rng' | 'signal'>,
  { engine: { threads, batch }, timing }: LatencyTable,
  architecture: Architecture,
): Promise<Latency> {
  const device = await openDevice({ ...settledDevice(config.device), threads });
  try {
    const settings = { ...timing, batch, rng: rng.fork('measuredLatency'), signal };
    const [latency] = await timeNetworks(device, [architecture], settings);
    return latency;
  } finally {
    await device.close();
  }
}

/** The candidates that a run chose, and what it measured to choose them. */
export interface Chosen<T> {
  readonly finalists: readonly T[];
  readonly measured: readonly LatencyMeasured[];
}

/**
 * The finalists of a search: {@link withinLatency}. Throws a UserError when none of `ranked` is within the limit.
 */
export async function chooseWithinLatency<T extends { readonly architecture: Architecture }>(
  context: SearchContext,
  ranked: readonly T[],
  count: number,
): Promise<Chosen<T>> {
  const chosen = await withinLatency(context, ranked, count);
  const { finalists, measured } = chosen;
  if (finalists.length > 0) return chosen;
  const fastest = measured.reduce((best, each) => (each.milliseconds < best.milliseconds ? each : best));
  throw new UserError(
    `all ${measured.length} candidates take more than ${formatMilliseconds(fastest.limit)} when measured, the fastest, ` +
      `${fastest.name}, ${formatMilliseconds(fastest.milliseconds)}; resume the run while the machine is ` +
      'idle to measure again, or start one with a higher limit',
  );
}

/**
 * The first `count` of `ranked` within the limit on latency when measured. Without a limit nothing is measured, and on
 * another machine than the table's nothing more. What an earlier process of the run measured counts, unless the run failed
 * because all were over the limit.
 */
export async function withinLatency<T extends { readonly architecture: Architecture }>(
  context: SearchContext,
  ranked: readonly T[],
  count: number,
): Promise<Chosen<T>> {
  const { config, ranks, latencyTable: table, emit } = context;
  const limit = config.budget.latency?.max;
  if (table === undefined || limit === undefined) return { finalists: ranked.slice(0, count), measured: [] };
  const isElsewhere = !(await agreed(ranks, () => isSameMachine(table.machine, thisMachine())));
  if (isElsewhere) {
    const message = `the latency table was measured on another machine (${table.machine.cpu}); finalists are not measured here`;
    emit({ type: 'warning', message });
  }
  const known = await recordedLatencies(context, limit);
  const recorded = new Map(await agreed(ranks, () => [...known]));
  const finalists: T[] = [];
  const measured: LatencyMeasured[] = [];
  for (const each of ranked) {
    if (finalists.length === count) break;
    const { architecture } = each;
    const name = architecture.name ?? '';
    let event = recorded.get(name);
    if (event === undefined && isElsewhere) {
      finalists.push(each);
      continue;
    }
    if (event === undefined) {
      const { milliseconds, spread } = await agreed(ranks, () => measuredLatency(context, table, architecture));
      const latencies = latenciesFrom(table, subjectOf(architecture), 'the latency table');
      const { latency: predicted = NaN } = costOf(architecture, { latencies });
      event = { type: 'latencyMeasured', name, milliseconds, spread, predicted, limit };
      emit(event);
    }
    measured.push(event);
    if (event.milliseconds <= limit) finalists.push(each);
  }
  return { finalists, measured };
}

/** What earlier processes measured, by name; nothing if the last one failed because all were over the limit. */
async function recordedLatencies(
  { folder }: SearchContext,
  limit: number,
): Promise<ReadonlyMap<string, LatencyMeasured>> {
  const recorded = new Map<string, LatencyMeasured>();
  for await (const entry of journalEntries(folder.path('journal.jsonl'))) {
    if (entry.type === 'latencyMeasured') {
      const { type, name, milliseconds, spread, predicted } = entry;
      recorded.set(name, { type, name, milliseconds, spread, predicted, limit });
    }
    const allOver = [...recorded.values()].every(({ milliseconds }) => milliseconds > limit);
    if (entry.type === 'runFailed' && allOver) recorded.clear();
  }
  return recorded;
}
