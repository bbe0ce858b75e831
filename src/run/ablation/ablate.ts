import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatArchitecture } from '../../family/codec.js';
import { stopIfAborted, UserError } from '../../errors.js';
import type { Config } from '../../config/config.js';
import { costOf } from '../../measure/cost.js';
import type { JsonObject } from '../../telemetry/events.js';
import { journalEntries } from '../../telemetry/journal.js';
import { chooseDevice } from '../devices/deviceChoice.js';
import { spaceForRuns } from '../folder/diskSpace.js';
import { changeOf, recordOf } from '../folder/imagesRecord.js';
import { continuedRun, newRun, type DataContext, type Job, type SessionOptions } from '../session.js';
import { version } from '../version.js';
import { effortOf, type Effort } from './effort.js';
import { gather, type GatheredStudy } from './gather.js';
import { ROWS, limitOfMacs, type RowName } from './rows.js';
import type { RowOutcome } from './rowJobs.js';
import { formatSeed, SEED_KIND, seedFileName, type RowResult, type SeedResult } from './seedFile.js';
import type { StudyFolder, StudyPlan } from './studyFolder.js';
import { writeSummary } from './summary.js';

/**
 * Runs an ablation study, or the rest of it: every row with every seed, one after another. After each row, its seed's file
 * and the summary of all seeds are written; what stands in a seed's file is not repeated. Throws a UserError before any
 * work when the settings or the data set do not fit a row.
 */
export async function ablate(
  given: StudyFolder,
  { emit, signal }: SessionOptions = {},
): Promise<readonly GatheredStudy[]> {
  checkPlan(given.plan);
  const results = new Map((await given.results()).map((each) => [each.seed, each]));
  const open = given.plan.seeds.flatMap((seed) =>
    given.plan.rows.filter((row) => results.get(seed)?.rows[row] === undefined).map((row) => ({ seed, row })),
  );
  const study = open.length > 0 ? await withDevice(given, { emit, signal }) : given;
  const { plan } = study;
  const total = plan.seeds.length * plan.rows.length;
  for (const [at, { seed, row }] of open.entries()) {
    stopIfAborted(signal);
    const remainingSeconds = expectedSeconds(
      open.slice(at).map((each) => each.row),
      [...results.values()],
    );
    emit?.({
      type: 'ablationRowStarted',
      seed,
      row,
      done: total - open.length + at,
      total,
      ...(remainingSeconds !== undefined && { remainingSeconds }),
    });
    const job = onImagesOf(
      results.get(seed),
      ROWS[row].job((other) => study.runOf(seed, other)),
    );
    const checked = at === 0 ? checkingAll(job, study, open) : job;
    const config = ROWS[row].config({ ...plan.config, seed });
    const folder = study.runOf(seed, row);
    const session: SessionOptions = { emit, signal };
    const outcome = existsSync(join(folder, 'config.yaml'))
      ? await continuedRun(folder, checked, session)
      : await newRun(config, folder, checked, session);
    const result = resultOf(outcome, await effortOf(journalEntries(join(folder, 'journal.jsonl'))));
    const before = results.get(seed) ?? seedOf(plan, seed, outcome);
    const after = { ...before, images: outcome.images, rows: { ...before.rows, [row]: result } };
    results.set(seed, after);
    await study.write(join('seeds', seedFileName(after)), formatSeed(after));
    await writeSummary(study.root, gather([...results.values()]));
  }
  const studies = gather([...results.values()]);
  await writeSummary(study.root, studies);
  return studies;
}

/** Settles `--device auto` for all rows and seeds, which could not be compared if each settled it for itself. */
async function withDevice(study: StudyFolder, { emit, signal }: SessionOptions): Promise<StudyFolder> {
  const { config } = study.plan;
  if (config.device.kind !== 'auto') return study;
  const { device, chosen } = await chooseDevice(config, { signal });
  emit?.(chosen);
  return study.on(device);
}

/** Checks what rows need of each other and of the configuration. */
function checkPlan({ rows, config }: StudyPlan): void {
  if (rows.includes('random-search') && !rows.includes('both')) {
    throw new UserError('random-search spends the time that both took; add both to --rows');
  }
  const { space, search, budget, retrain } = config;
  if (!TWO_LEVELS.has(space.lowLevel)) {
    throw new UserError(
      `space.lowLevel is ${space.lowLevel}, which has one level, but an ablation compares with both; give released or paper`,
    );
  }
  if (!space.hierarchical) {
    throw new UserError('space.hierarchical is false, but an ablation has the joint space as a row; set it to true');
  }
  if (budget.latency !== undefined) {
    throw new UserError(
      'budget.latency is set, but a latency table is of one space, and the rows have several; leave it out',
    );
  }
  if (search.objectives.length > 1) {
    throw new UserError(
      `search.objectives is ${search.objectives.join(', ')}, but an ablation compares accuracies at one limit; give only accuracy`,
    );
  }
  if (retrain.compare !== undefined) {
    throw new UserError('retrain.compare is set, but an ablation has rows of its own; set it to null');
  }
  for (const row of rows) ROWS[row].job(() => '').checkConfig(ROWS[row].config(config));
}

const TWO_LEVELS: ReadonlySet<Config['space']['lowLevel']> = new Set(['released', 'paper']);

/**
 * The first job of a study. It checks that the data set fits all rows, and the disk those that are left, so that a late row does not
 * fail after hours; then the study is saved.
 */
function checkingAll(
  job: Job<RowOutcome>,
  study: StudyFolder,
  left: readonly { readonly row: RowName }[],
): Job<RowOutcome> {
  const { rows, config } = study.plan;
  const silent = { emit: () => undefined };
  return {
    ...job,
    checkData(context: DataContext) {
      limitOfMacs(config, context.dataset.classes.length);
      for (const row of rows) {
        ROWS[row].job(() => '').checkData({ ...context, ...silent, config: ROWS[row].config(config) });
      }
      job.checkData(context);
    },
    spaceFor: (_, classes) =>
      spaceForRuns(
        left.map(({ row }) => ROWS[row].config(config)),
        classes,
      ),
    async work(context) {
      await study.save();
      return job.work(context);
    },
  };
}

/** A row's job, which requires the images of the rows that its seed has already: the rows are compared in pairs. */
function onImagesOf(before: SeedResult | undefined, job: Job<RowOutcome>): Job<RowOutcome> {
  return {
    ...job,
    checkData(context) {
      const change = before?.images && changeOf(before.images, recordOf(context.dataset));
      if (change !== undefined) {
        throw new UserError(
          `the images in ${context.config.data.source} have changed since the first row with seed ${before?.seed}: ${change}; ` +
            'the next ones could not be compared with it: bring back the former, or begin another study',
        );
      }
      job.checkData(context);
    },
  };
}

/** Seconds that rows are expected to take: as long as they took with other seeds, or as rows take on average. */
function expectedSeconds(rows: readonly RowName[], results: readonly SeedResult[]): number | undefined {
  const known = results.flatMap((seed) => Object.entries(seed.rows).map(([row, { seconds }]) => ({ row, seconds })));
  if (known.length === 0) return undefined;
  const mean = (of: readonly { readonly seconds: number }[]): number =>
    of.reduce((sum, { seconds }) => sum + seconds, 0) / of.length;
  return rows.reduce((sum, row) => {
    const same = known.filter((each) => each.row === row);
    return sum + mean(same.length === 0 ? known : same);
  }, 0);
}

function resultOf({ architecture, heldOut, test }: RowOutcome, effort: Effort): RowResult {
  const { macs, parameters } = costOf(architecture);
  const { name: _, ...unnamed } = JSON.parse(formatArchitecture(architecture)) as JsonObject;
  return { heldOut, test, macs, parameters, ...effort, architecture: unnamed };
}

function seedOf({ preset, config }: StudyPlan, seed: number, { dataset }: RowOutcome): SeedResult {
  const portable = { ...config, seed, data: { ...config.data, source: dataset.name } };
  return {
    kind: SEED_KIND,
    glit: version,
    preset,
    seed,
    dataset,
    config: portable,
    rows: {},
  };
}
