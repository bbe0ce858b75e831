import { Interrupted, stopIfAborted } from '../errors.js';
import { seeded } from '../random/rng.js';
import { settledDevice } from './settledDevice.js';
import { openDevice } from '../runtime/device.js';
import type { DeviceChosen, Listener, Outcome, RunEvent } from '../telemetry/events.js';
import { JournalWriter, readJournal } from '../telemetry/journal.js';
import type { Preprocessing } from '../family/preprocessing.js';
import type { Config, RecipeConfig } from '../config/config.js';
import { formatConfig, parseConfig } from '../config/layers.js';
import type { RunContext } from './context.js';
import { chooseDevice } from './deviceChoice.js';
import { formatLatencyTable } from '../measure/latencyTable.js';
import { readLatencyTable, TABLE_FILE } from './latencyTable.js';
import { needOriginals, openDataset } from '../loader/openDataset.js';
import { RunFolder } from './runFolder.js';
import { version } from './version.js';

export interface SessionOptions {
  /** The user's command, for the journal. Default: the job's name. */
  readonly command?: string;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A job in a run folder. Cheap failures happen in the checks, before the folder exists. */
export interface Job<Result> {
  /** The name of its command. */
  readonly name: string;
  /** The preprocessing of images. Default: DeiT's. */
  readonly preprocessing?: Preprocessing;
  /** The recipes that it trains with. */
  recipes(config: Config): readonly RecipeConfig[];
  /** Throws a UserError when the configuration is inconsistent. */
  checkConfig(config: Config): void;
  /** Throws a UserError when the data set does not fit the configuration. */
  checkData(context: DataContext): void;
  /**
   * Changes the configuration of a new run before its folder exists, with what the machine and the data set show, such
   * as a plan for a time limit. `elapsedSeconds` is the time since the run started.
   */
  readonly plan?: (context: PlanContext, elapsedSeconds: number) => Promise<Config>;
  work(context: RunContext): Promise<Result>;
  /** The result in the journal's form. */
  summary(result: Result): Outcome;
}

/** The state before the run folder exists. */
export type DataContext = Pick<RunContext, 'config' | 'dataset' | 'rng' | 'emit' | 'latencyTable'>;

/** The state before the run folder exists, with the device. */
export type PlanContext = Omit<RunContext, 'folder'>;

/**
 * Does a job in the new folder `out`. The folder is created after the checks of configuration, data set and device;
 * however the job ends, journal and device are closed. Throws a UserError when the folder is not empty.
 */
export async function newRun<Result>(
  given: Config,
  out: string,
  job: Job<Result>,
  options: SessionOptions = {},
): Promise<Result> {
  await RunFolder.requireFree(out);
  job.checkConfig(given);
  const choice = given.device.kind === 'auto' ? await chooseDevice(given) : undefined;
  const config = choice === undefined ? given : { ...given, device: choice.device };
  const latencyTable = await readLatencyTable(config, config.latency?.table);
  const open = async (planned: Config): Promise<RunFolder> => {
    const folder = await RunFolder.create(out);
    await folder.write('config.yaml', formatConfig(planned));
    if (latencyTable !== undefined) await folder.write(TABLE_FILE, formatLatencyTable(latencyTable));
    return folder;
  };
  return session(config, open, job, { ...options, latencyTable, chosen: choice?.chosen });
}

export interface ContinuedOptions extends SessionOptions {
  /** Changes the configuration from here on, and in its file. Default: no change. */
  readonly revise?: (config: Config) => Config;
}

/** Resumes the run in the folder `out`, with its original configuration. */
export async function continuedRun<Result>(
  out: string,
  job: Job<Result>,
  { revise = (config) => config, ...options }: ContinuedOptions = {},
): Promise<Result> {
  const folder = await RunFolder.open(out);
  const written = await folder.read('config.yaml');
  const config = revise(parseConfig(written, folder.path('config.yaml')));
  const open = async (): Promise<RunFolder> => {
    if (formatConfig(config) !== written) await folder.write('config.yaml', formatConfig(config));
    return folder;
  };
  const { plan: _, ...planned } = job;
  const latencyTable = await readLatencyTable(config, folder.path(TABLE_FILE));
  return session(config, open, planned, { ...options, latencyTable });
}

/**
 * The command that started a run; undefined if its journal does not say. Throws a UserError when the folder is not a
 * run's.
 */
export async function startedBy(out: string): Promise<string | undefined> {
  const folder = await RunFolder.open(out);
  if (!folder.has('journal.jsonl')) return undefined;
  const entries = await readJournal(folder.path('journal.jsonl'));
  return entries.find((entry) => entry.type === 'runStarted')?.command;
}

async function session<Result>(
  given: Config,
  openFolder: (config: Config) => Promise<RunFolder>,
  job: Job<Result>,
  {
    command = job.name,
    emit: listener = () => undefined,
    signal,
    latencyTable,
    chosen,
  }: SessionOptions & Pick<RunContext, 'latencyTable'> & { readonly chosen?: DeviceChosen | undefined },
): Promise<Result> {
  job.checkConfig(given);
  // Buffer events until the folder exists, then write them to its journal.
  const early: RunEvent[] = [];
  let journal: JournalWriter | undefined;
  const emit: Listener = (event) => {
    if (journal === undefined) early.push(event);
    else journal.write(event);
    listener(event);
  };
  const began = performance.now();
  try {
    emit({ type: 'runStarted', command, version, seed: given.seed, config: given });
    if (chosen !== undefined) emit(chosen);
    const rng = seeded(given.seed);
    const { dataset, unreadable } = await openDataset(given, {
      rng: rng.fork('dataset'),
      originals: needOriginals(job.recipes(given)),
      framing: job.preprocessing,
      emit,
      signal,
    });
    job.checkData({ config: given, dataset, rng, emit, latencyTable });
    const device = await openDevice(settledDevice(given.device));
    try {
      stopIfAborted(signal);
      const seconds = (performance.now() - began) / 1000;
      const config =
        (await job.plan?.({ config: given, dataset, unreadable, device, rng, latencyTable, emit, signal }, seconds)) ??
        given;
      stopIfAborted(signal);
      const folder = await openFolder(config);
      journal = new JournalWriter(folder.path('journal.jsonl'));
      for (const event of early) journal.write(event);
      const context = { config, dataset, unreadable, device, rng, folder, latencyTable, emit, signal };
      const result = await listingUnreadable(context, () => job.work(context));
      emit({ type: 'runFinished', durationSeconds: (performance.now() - began) / 1000, result: job.summary(result) });
      return result;
    } finally {
      await device.close();
    }
  } catch (error) {
    emit(
      error instanceof Interrupted
        ? { type: 'runInterrupted' }
        : { type: 'runFailed', message: error instanceof Error ? error.message : String(error) },
    );
    throw error;
  } finally {
    journal?.close();
  }
}

/** Maintains the list of unreadable images in `unreadable.csv`, including those of earlier processes of the run. */
async function listingUnreadable<Result>(
  { folder, unreadable }: RunContext,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const entry of await readJournal(folder.path('journal.jsonl'))) {
    if (entry.type === 'unreadable') unreadable.recall(entry);
  }
  try {
    return await work();
  } finally {
    const table = unreadable.table();
    if (table !== undefined) await folder.write('unreadable.csv', table);
  }
}
