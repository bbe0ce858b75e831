import { Interrupted, stopIfAborted } from '../errors.js';
import { seeded } from '../random/rng.js';
import { openDevice } from '../runtime/device.js';
import type { Listener, Outcome, RunEvent } from '../telemetry/events.js';
import { JournalWriter, readJournal } from '../telemetry/journal.js';
import type { Preprocessing } from '../family/preprocessing.js';
import type { Config, RecipeConfig } from '../config/config.js';
import { formatConfig, parseConfig } from '../config/layers.js';
import type { RunContext } from './context.js';
import { needOriginals, openDataset } from '../loader/openDataset.js';
import { RunFolder } from './runFolder.js';
import { version } from './version.js';

export interface SessionOptions {
  /** What the user asked for; it goes into the journal. Default: the job's name. */
  readonly command?: string;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What can be done in a run folder. Everything that can fail cheaply fails in the checks, before there is a folder. */
export interface Job<Result> {
  /** The command of the command line that does it. */
  readonly name: string;
  /** How images are prepared; as DeiT does it when left out. */
  readonly preprocessing?: Preprocessing;
  /** The recipes that it trains by. */
  recipes(config: Config): readonly RecipeConfig[];
  /** Throws a UserError when the configuration's parts do not fit each other. */
  checkConfig(config: Config): void;
  /** Throws a UserError when the data set does not fit the configuration. */
  checkData(context: DataContext): void;
  work(context: RunContext): Promise<Result>;
  /** The result as the journal keeps it. */
  summary(result: Result): Outcome;
}

/** What is known before there is a run folder. */
export type DataContext = Pick<RunContext, 'config' | 'dataset' | 'rng' | 'emit'>;

/**
 * Does a job in the new folder `out`. The folder is made once the configuration, the data set and the device have been
 * found fit; it, the journal and the device are closed in good order however the job ends. Throws a UserError when there
 * is something in the folder already.
 */
export async function newRun<Result>(
  config: Config,
  out: string,
  job: Job<Result>,
  options: SessionOptions = {},
): Promise<Result> {
  await RunFolder.requireFree(out);
  const open = async (): Promise<RunFolder> => {
    const folder = await RunFolder.create(out);
    await folder.write('config.yaml', formatConfig(config));
    return folder;
  };
  return session(config, open, job, options);
}

export interface ContinuedOptions extends SessionOptions {
  /** Changes the configuration from here on; it is written back. Default: as the run was started. */
  readonly revise?: (config: Config) => Config;
}

/** Goes on with the run in the folder `out`, under the configuration that it was started with. */
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
  return session(config, open, job, options);
}

/** The command that a run was started by; undefined when its journal does not say. Throws a UserError for another folder. */
export async function startedBy(out: string): Promise<string | undefined> {
  const folder = await RunFolder.open(out);
  if (!folder.has('journal.jsonl')) return undefined;
  const entries = await readJournal(folder.path('journal.jsonl'));
  return entries.find((entry) => entry.type === 'runStarted')?.command;
}

async function session<Result>(
  config: Config,
  openFolder: () => Promise<RunFolder>,
  job: Job<Result>,
  { command = job.name, emit: listener = () => undefined, signal }: SessionOptions,
): Promise<Result> {
  job.checkConfig(config);
  // What happens before there is a folder is written into its journal as soon as there is one.
  const early: RunEvent[] = [];
  let journal: JournalWriter | undefined;
  const emit: Listener = (event) => {
    if (journal === undefined) early.push(event);
    else journal.write(event);
    listener(event);
  };
  const began = performance.now();
  try {
    emit({ type: 'runStarted', command, version, seed: config.seed, config });
    const rng = seeded(config.seed);
    const { dataset, unreadable } = await openDataset(config, {
      rng: rng.fork('dataset'),
      originals: needOriginals(job.recipes(config)),
      framing: job.preprocessing,
      emit,
      signal,
    });
    job.checkData({ config, dataset, rng, emit });
    const { kind, threads } = config.device;
    const device = await openDevice({ kind, ...(threads !== undefined && { threads }) });
    try {
      stopIfAborted(signal);
      const folder = await openFolder();
      journal = new JournalWriter(folder.path('journal.jsonl'));
      for (const event of early) journal.write(event);
      const context = { config, dataset, unreadable, device, rng, folder, emit, signal };
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

/** Keeps the list of unreadable images, those that earlier processes of the run have met included, in `unreadable.csv`. */
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
