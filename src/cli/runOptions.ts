import { type Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ALONE, type Communicator } from '../comm/communicator.js';
import { Interrupted, shellWord, UserError } from '../errors.js';
import type { Config } from '../config/config.js';
import { configFrom, type Layer } from '../config/layers.js';
import { requireNoCheck } from '../run/folder/checkFolder.js';
import { rankFolder } from '../run/folder/rankFolder.js';
import { continuedRun, newRun, resumeLine, startedBy, type Job, type SessionOptions } from '../run/session.js';
import { timed } from '../run/time/timed.js';
import { resumeOptions, type ConfigOption } from './configOptions.js';
import { givenLayers, lastSaid, requireEffect } from './givenConfig.js';
import { addDashboardOption, beside } from './dashboardOption.js';
import type { Environment } from './environment.js';
import { parseDuration } from './quantity.js';
import { newRunName } from './runName.js';

/** A command with its own run folder. */
export interface RunRequest<Result> {
  readonly command: Command;
  /** The command's options that set configuration keys. */
  readonly options: readonly ConfigOption[];
  /** The configuration and job of a new run. */
  readonly begin: () => Promise<{ readonly config: Config; readonly job: Job<Result> }>;
  /** The job of a resumed run. */
  readonly resume: (folder: string) => Promise<Job<Result>>;
  /** Other commands whose runs this one can resume. */
  readonly resumes?: readonly string[];
}

export interface RunOutcome<Result> {
  readonly result: Result;
  readonly folder: string;
}

/** Adds the options for where a run's results go. */
export function addRunOptions(command: Command): Command {
  const heading = 'Run folder:';
  return addDashboardOption(command)
    .addOption(
      new Option('--out <folder>', `where results go (default: runs/<date>-${command.name()})`).helpGroup(heading),
    )
    .addOption(
      new Option(
        '--resume <folder>',
        'continue an interrupted run as it was started; only --threads, --engines and --workers may change',
      )
        .conflicts(['out', 'preset', 'recipe', 'config', 'set', 'data', 'weights'])
        .helpGroup(heading),
    );
}

/** Adds `--time`, the limit of a whole run. */
export function addTimeOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--time <duration>',
      'plan the whole run, comparisons included, to take about this long, such as 20m or 1h30m',
    )
      .conflicts([
        'supernetSteps',
        'supernetEpochs',
        'population',
        'retrainSteps',
        'retrainEpochs',
        'top',
        'halving',
        'resume',
      ])
      .helpGroup('Search:'),
  );
}

/** The keys that a plan for a time limit decides. A front has no successive halving to plan. */
function plannedKeys(layers: readonly Layer[], retrains: boolean): readonly string[] {
  const isFront = lastSaid(layers, 'retrain.front') !== undefined;
  const retraining = [
    ...(isFront ? [] : ['top', 'halving']),
    ...['recipe.steps', 'recipe.epochs', 'randomCandidates', 'randomShare'],
  ];
  return [
    ...['supernet.steps', 'supernet.epochs', 'search.population'],
    ...(retrains ? retraining.map((key) => `retrain.${key}`) : []),
  ];
}

/**
 * The job within the limit that `--time` gives, if it is given. Throws a UserError when the user's layers set what the
 * plan decides.
 */
export function withinTime<Result>(
  command: Command,
  layers: readonly Layer[],
  job: Job<Result>,
  { retrains }: { readonly retrains: boolean },
): Job<Result> {
  const { time } = command.opts<{ time?: string }>();
  if (time === undefined) return job;
  requireEffect(layers, plannedKeys(layers, retrains), '--time');
  return timed(job, { limitSeconds: parseDuration(time, '--time'), retrains });
}

/** Starts or resumes a run. */
export async function startOrResume<Result>(
  environment: Environment & { readonly ranks?: Communicator },
  request: RunRequest<Result>,
): Promise<RunOutcome<Result>> {
  const { display, signal, ranks = ALONE } = environment;
  const { command, begin } = request;
  const name = command.name();
  const session: SessionOptions = { command: name, ranks, emit: display.listen, signal };
  const { out, resume } = command.opts<{ out?: string; resume?: string }>();
  const folder = resume ?? out ?? newRunName(name);
  const again = `glit ${name} --resume ${shellWord(folder)}`;
  const { path, remove } = await rankFolder(ranks, folder);
  const watched = (work: () => Promise<Result>): Promise<Result> =>
    withHint(folder, again, () => (ranks.rank === 0 ? beside(command, display, [folder], work) : work()));
  try {
    if (resume === undefined) {
      const { config, job } = await begin();
      return { result: await watched(() => newRun(config, path, job, session)), folder };
    }
    await requireResumable(path, request);
    const machine = await givenLayers(command, resumeOptions);
    const revise = (config: Config): Config => configFrom([{ source: folder, values: config }, ...machine]);
    const job = await request.resume(path);
    return { result: await watched(() => continuedRun(path, job, { ...session, revise })), folder };
  } finally {
    await remove();
  }
}

/** When the user stops the work, says how to resume it. */
export async function withHint<Result>(folder: string, again: string, work: () => Promise<Result>): Promise<Result> {
  const known = existsSync(join(folder, 'config.yaml'));
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const begun = known || existsSync(join(folder, 'journal.jsonl'));
    throw new Interrupted(begun ? `interrupted; continue with: ${again}` : 'interrupted; nothing was written');
  }
}

async function requireResumable<Result>(
  folder: string,
  { command, options, resumes = [] }: RunRequest<Result>,
): Promise<void> {
  const [given] = await givenLayers(
    command,
    options.filter((option) => !resumeOptions.includes(option)),
  );
  if (given !== undefined) {
    throw new UserError(`${given.source} cannot be given with --resume: a run keeps its own configuration`);
  }
  requireNoCheck(folder);
  const starter = await startedBy(folder);
  if (starter === undefined || starter === command.name() || resumes.includes(starter)) return;
  throw new UserError(`${folder} was started by glit ${starter}; continue with: ${resumeLine(starter, folder)}`);
}
