import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ALONE, type Communicator } from '../comm/communicator.js';
import { agreed, gathered } from '../comm/exchange.js';
import { threadShare } from '../comm/sharedCores.js';
import { writeReportPage } from '../dashboard/page.js';
import { Interrupted, shellWord, stopIfAborted, UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { settledDevice } from './devices/settledDevice.js';
import { openDevice } from '../runtime/device.js';
import type { DeviceChosen, Listener, Outcome, RunEvent } from '../telemetry/events.js';
import { beginning, journalEntries, JournalWriter, readJournal } from '../telemetry/journal.js';
import type { Architecture } from '../family/family.js';
import type { Preprocessing } from '../family/preprocessing.js';
import type { Config, RecipeConfig } from '../config/config.js';
import { checkShares, sharedAmong } from '../config/ranks.js';
import { formatConfig, parseConfig } from '../config/layers.js';
import type { RunContext } from './context.js';
import { chooseDevice } from './devices/deviceChoice.js';
import { formatLatencyTable } from '../measure/latencyTable.js';
import { readLatencyTable, TABLE_FILE } from './latencyTable.js';
import { unreadableTable } from '../loader/unreadable.js';
import type { Unreadable } from '../loader/views.js';
import { needOriginals, openDataset } from '../loader/openDataset.js';
import { lackOfSpaceToContinue, requireSpace } from './folder/diskSpace.js';
import { keepImagesRecord } from './folder/imagesRecord.js';
import { writeTrainingFiles } from './results/trainingFiles.js';
import { RunFolder } from './folder/runFolder.js';
import { RunLock } from './folder/runLock.js';
import { checkSameEverywhere } from './sameEverywhere.js';
import { RecordedAccuracies } from './training/recordedAccuracies.js';
import { version } from './version.js';

export interface SessionOptions {
  /** The user's command, for the journal. Default: the job's name. */
  readonly command?: string;
  /** The processes that do the job together, each in a folder of its own. Default: this one alone. */
  readonly ranks?: Communicator | undefined;
  readonly emit?: Listener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A job in a run folder. Cheap failures happen in the checks, before the folder exists. */
export interface Job<Result> {
  /** The name of its command. */
  readonly name: string;
  /** The network that it trains, if that is one and known before. */
  readonly architecture?: Architecture;
  /** The preprocessing of images. Default: DeiT's. */
  readonly preprocessing?: Preprocessing;
  /** Texts that the folder of a new run has from the start, by name. */
  readonly files?: Readonly<Record<string, string>>;
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
  /** What it has from files besides the images, by name: a text for each that differs where the content does. */
  readonly inputs?: () => Readonly<Record<string, string>>;
  /** About how many bytes it writes to its folder. Default: few. */
  spaceFor?(config: Config, classes: number): number;
  work(context: RunContext): Promise<Result>;
  /** The result in the journal's form. */
  summary(result: Result): Outcome;
}

/** The state before the run folder exists. */
export type DataContext = Pick<RunContext, 'config' | 'dataset' | 'rng' | 'emit' | 'latencyTable'>;

/** The state before the run folder exists, with the device. */
export type PlanContext = Omit<RunContext, 'folder' | 'accuracies'>;

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
  const { ranks = ALONE, signal } = options;
  const { config, chosen } = await withDevice(ranks, given, job, signal);
  const latencyTable = await readLatencyTable(config, config.latency?.table);
  return session(
    sharedAmong(config, ranks.size),
    job,
    { ...options, latencyTable, chosen },
    {
      root: out,
      exists: false,
      open: () => RunFolder.create(out),
      async prepare(folder, planned) {
        if (latencyTable !== undefined) await folder.write(TABLE_FILE, formatLatencyTable(latencyTable));
        for (const [name, text] of Object.entries(job.files ?? {})) await folder.write(name, text);
        // The last, since with it the folder is a run's, which can be continued.
        await folder.write('config.yaml', formatConfig(planned));
      },
    },
  );
}

/** Settles `--device auto` by what rank 0 chooses, with the threads that it will have beside the other ranks. */
async function withDevice(
  ranks: Communicator,
  config: Config,
  { architecture }: Pick<Job<unknown>, 'architecture'>,
  signal: AbortSignal | undefined,
): Promise<{ readonly config: Config; readonly chosen?: DeviceChosen }> {
  if (config.device.kind !== 'auto') return { config };
  const share = await threadShare(ranks);
  const { device, chosen } = await agreed(ranks, () =>
    chooseDevice(config, { architecture, threads: config.device.threads ?? share, signal }),
  );
  return { config: { ...config, device }, chosen };
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
  const revised = revise(parseConfig(written, folder.path('config.yaml')));
  const { config, chosen } = await withDevice(options.ranks ?? ALONE, revised, job, options.signal);
  const { plan: _, ...planned } = job;
  const latencyTable = await readLatencyTable(config, folder.path(TABLE_FILE));
  return session(
    config,
    planned,
    { ...options, latencyTable, chosen },
    {
      root: out,
      exists: true,
      open: () => Promise.resolve(folder),
      async prepare() {
        if (formatConfig(config) !== written) await folder.write('config.yaml', formatConfig(config));
      },
    },
  );
}

/**
 * The command that started a run; undefined if its journal does not say. Throws a UserError when the folder is not a
 * run's.
 */
export async function startedBy(out: string): Promise<string | undefined> {
  const folder = await RunFolder.open(out);
  if (!folder.has('journal.jsonl')) return undefined;
  for await (const entry of journalEntries(folder.path('journal.jsonl'))) {
    if (entry.type === 'runStarted') return entry.command;
  }
  return undefined;
}

/** The command that continues a run which `starter` began: a row of an ablation study continues with its study. */
export function resumeLine(starter: string, folder: string): string {
  const root = starter === 'ablate' ? join(folder, '..', '..') : folder;
  return `glit ${starter} --resume ${shellWord(root)}`;
}

/** How a session gets its folder. */
interface FolderSource {
  readonly root: string;
  /** Whether it is an earlier run's. */
  readonly exists: boolean;
  open(): Promise<RunFolder>;
  /** Writes what the folder needs before the work begins; no other process writes to it meanwhile. */
  prepare(folder: RunFolder, config: Config): Promise<void>;
}

async function session<Result>(
  given: Config,
  job: Job<Result>,
  {
    command = job.name,
    ranks = ALONE,
    emit: listener = () => undefined,
    signal: asked,
    latencyTable,
    chosen,
  }: SessionOptions & Pick<RunContext, 'latencyTable'> & { readonly chosen?: DeviceChosen | undefined },
  source: FolderSource,
): Promise<Result> {
  job.checkConfig(given);
  checkShares(given, job.recipes(given), ranks.size, { goesOn: source.exists });
  // Buffer events until the folder exists, then write them to its journal.
  const early: RunEvent[] = [];
  let journal: JournalWriter | undefined;
  let folder: RunFolder | undefined;
  const emit: Listener = (event) => {
    if (journal === undefined) early.push(event);
    // Once the folder is lost, the journal is another process's.
    else if (folder?.lossReason === undefined) journal.write(event);
    listener(event);
  };
  const began = performance.now();
  const clocks = beginning();
  const lost = new AbortController();
  const signal = asked === undefined ? lost.signal : AbortSignal.any([asked, lost.signal]);
  // As many may wait for it as trainings run side by side.
  setMaxListeners(0, signal);
  let lock: RunLock | undefined;
  const openAlone = async (): Promise<RunFolder> => {
    folder = await source.open();
    // Other ranks have folders of their own, which nobody else knows.
    if (ranks.rank === 0) lock = await lockOf(folder, { command, emit, lost });
    return folder;
  };
  try {
    // Before the images are read, which can take minutes.
    if (source.exists) await openAlone();
    emit({ type: 'runStarted', command, version, seed: given.seed, config: given });
    if (chosen !== undefined) emit(chosen);
    const rng = seeded(given.seed);
    const { dataset, unreadable, needsFraming } = await openDataset(given, {
      rng: rng.fork('dataset'),
      originals: needOriginals(job.recipes(given)),
      framing: job.preprocessing,
      emit,
      signal,
    });
    await checkSameEverywhere(ranks, given, dataset, () => ({
      ...(latencyTable !== undefined && { 'latency table': formatLatencyTable(latencyTable) }),
      ...job.inputs?.(),
    }));
    job.checkData({ config: given, dataset, rng, emit, latencyTable });
    // Also with threads of its own, since ranks must ask one another together.
    const share = await threadShare(ranks);
    const { threads = share } = given.device;
    if (ranks.size > 1) emit({ type: 'ranksJoined', ranks: ranks.size, threads });
    const device = await openDevice({ ...settledDevice(given.device), threads });
    try {
      stopIfAborted(signal);
      const seconds = (performance.now() - began) / 1000;
      const start = {
        config: given,
        dataset,
        needsFraming,
        unreadable,
        device,
        ranks,
        rng,
        latencyTable,
        emit,
        signal,
      };
      const config = (await job.plan?.(start, seconds)) ?? given;
      job.checkConfig(config);
      stopIfAborted(signal);
      const bytes = job.spaceFor?.(config, dataset.classes.length);
      // The other ranks keep little, and that in the system's temporary folder.
      if (bytes !== undefined && ranks.rank === 0) await checkSpace(source, bytes, emit);
      const opened = folder ?? (await openAlone());
      await source.prepare(opened, config);
      await keepImagesRecord(opened, dataset, given.data.source);
      const file = opened.path('journal.jsonl');
      const accuracies = new RecordedAccuracies(existsSync(file) ? await readJournal(file, 'evaluation') : []);
      journal = new JournalWriter(file, { began: clocks });
      for (const event of early) journal.write(event);
      const context = { ...start, config, folder: opened, accuracies };
      const result = await listingUnreadable(context, () => job.work(context));
      if (ranks.rank === 0) await writeTrainingFiles(opened, config);
      emit({ type: 'runFinished', durationSeconds: (performance.now() - began) / 1000, result: job.summary(result) });
      if (ranks.rank === 0) await writeLastPage(opened, listener);
      return result;
    } finally {
      await device.close();
    }
  } catch (caught) {
    const error = folder?.lossReason ?? caught;
    emit(
      error instanceof Interrupted
        ? { type: 'runInterrupted' }
        : { type: 'runFailed', message: error instanceof Error ? error.message : String(error) },
    );
    throw error;
  } finally {
    journal?.close();
    await lock?.release();
  }
}

/**
 * Checks the room on the disk. The estimate is rough and rather too high, so for a run that is continued, and may need little more, a lack is
 * only a warning.
 */
async function checkSpace({ root, exists }: FolderSource, bytes: number, emit: Listener): Promise<void> {
  if (!exists) {
    await requireSpace(root, bytes);
    return;
  }
  const lack = await lackOfSpaceToContinue(root, bytes);
  if (lack !== undefined) emit({ type: 'warning', message: lack });
}

/** Writes the page of a finished run. Its results exist already, so a page that cannot be written is only a warning. */
async function writeLastPage({ root }: RunFolder, emit: Listener): Promise<void> {
  try {
    await writeReportPage(root);
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error);
    emit({
      type: 'warning',
      message: `report.html is missing: ${fact}; glit dashboard ${shellWord(root)} shows the same`,
    });
  }
}

/** Takes the right to write to a run folder. When it is lost, the folder refuses to be written to, and the work stops. */
function lockOf(
  folder: RunFolder,
  { command, emit, lost }: { readonly command: string; readonly emit: Listener; readonly lost: AbortController },
): Promise<RunLock> {
  const { root } = folder;
  return RunLock.take(root, {
    command,
    onWait: (host, seconds) =>
      emit({
        type: 'warning',
        message: `${root} was left locked by ${host ?? 'an unknown process'}; watching it for ${seconds} s`,
      }),
    onLost: () => {
      folder.lose(
        new UserError(`the run folder ${root} was removed or taken over by another process; this one has stopped`),
      );
      lost.abort();
    },
  });
}

/** Maintains the list of unreadable images in `unreadable.csv`, including those of other ranks and of earlier processes of the run. */
async function listingUnreadable<Result>(
  { folder, ranks, unreadable }: RunContext,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const entry of await readJournal(folder.path('journal.jsonl'), 'unreadable')) unreadable.recall(entry);
  const list = async (images: readonly Unreadable[]): Promise<void> => {
    if (images.length > 0) await folder.write('unreadable.csv', unreadableTable(images));
  };
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // Other ranks may not answer any more.
    await list(unreadable.images);
    throw error;
  }
  const all = (await gathered(ranks, unreadable.images)).flat();
  await list([...new Map(all.map((image) => [image.file, image])).values()]);
  return result;
}
