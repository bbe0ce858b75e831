import { UserError } from '../../errors.js';
import { seeded, type Rng } from '../../random/rng.js';
import { meanOf, summarize, summarizeDifference, type Summary } from '../../statistics/summary.js';
import { ROW_NAMES, type RowName } from './rows.js';
import type { RowResult, SeedResult } from './seedFile.js';
import { firstDifference } from './settings.js';

/** The seeds of one study together: one data set, one preset, one configuration. */
export interface GatheredStudy {
  readonly dataset: SeedResult['dataset'];
  readonly preset: string;
  /** The first key in which it differs from the study before it of the same data set and preset. */
  readonly differsIn?: string;
  readonly rows: readonly RowSummary[];
  readonly differences: readonly Difference[];
  /** Everything that the figures are made from. */
  readonly seeds: readonly SeedResult[];
}

/** A row over its seeds. Accuracies are shares of images, 0 to 1; the intervals are bootstrap intervals of 95 %. */
export interface RowSummary {
  readonly row: RowName;
  readonly test: Summary;
  readonly heldOut: Summary;
  /** Test accuracy by seed, in order of the seeds. */
  readonly values: readonly number[];
  /** Means over the seeds. */
  readonly means: Readonly<
    Pick<
      RowResult,
      'macs' | 'parameters' | 'processorSeconds' | 'seconds' | 'supernetSteps' | 'candidates' | 'trainings'
    >
  >;
}

/** Test accuracy of a row minus that of another, paired by seed. */
export interface Difference {
  readonly row: RowName;
  readonly minus: RowName;
  readonly test: Summary;
}

/** What the paper's method is compared with. */
const COMPARED: readonly RowName[] = ['random-search', 'deit', 'random', 'high', 'nlp', 'joint'];

/**
 * Gathers the seeds of any number of studies. Seeds with other settings are a study of their own. Throws a UserError when
 * a study has a seed twice.
 */
export function gather(results: readonly SeedResult[]): readonly GatheredStudy[] {
  const studies: SeedResult[][] = [];
  for (const result of results) {
    const same = studies.find(([first]) => isSameStudy(first, result));
    if (same === undefined) studies.push([result]);
    else if (same.every(({ seed }) => seed !== result.seed)) same.push(result);
    else {
      throw new UserError(
        `there are two files for seed ${result.seed} of ${result.dataset.name} with preset ${result.preset}; keep one`,
      );
    }
  }
  return studies.map((seeds, at) => {
    const [first] = seeds;
    const earlier = studies.slice(0, at).findLast(([other]) => isAlike(other, first));
    const differsIn = earlier === undefined ? undefined : differenceOf(earlier[0], first);
    return studyOf(seeds, differsIn);
  });
}

function studyOf(seeds: readonly SeedResult[], differsIn: string | undefined): GatheredStudy {
  const [{ dataset, preset }] = seeds;
  const present = ROW_NAMES.filter((row) => seeds.some(({ rows }) => rows[row] !== undefined));
  return {
    dataset,
    preset,
    ...(differsIn !== undefined && { differsIn }),
    rows: present.map((row) => summaryOf(row, seeds)),
    differences: present.includes('both')
      ? COMPARED.filter((minus) => present.includes(minus)).flatMap((minus) => differencesOf('both', minus, seeds))
      : [],
    seeds,
  };
}

function summaryOf(row: RowName, seeds: readonly SeedResult[]): RowSummary {
  const results = seeds.flatMap(({ rows }) => rows[row] ?? []);
  const of = (key: Exclude<keyof RowResult, 'architecture'>): readonly number[] => results.map((each) => each[key]);
  const rng = bootstrap().fork(row);
  return {
    row,
    test: summarize(of('test'), { rng: rng.fork('test') }),
    heldOut: summarize(of('heldOut'), { rng: rng.fork('heldOut') }),
    values: of('test'),
    means: {
      macs: meanOf(of('macs')),
      parameters: meanOf(of('parameters')),
      processorSeconds: meanOf(of('processorSeconds')),
      seconds: meanOf(of('seconds')),
      supernetSteps: meanOf(of('supernetSteps')),
      candidates: meanOf(of('candidates')),
      trainings: meanOf(of('trainings')),
    },
  };
}

/** The difference over the seeds that have both rows; none if no seed has. */
function differencesOf(row: RowName, minus: RowName, seeds: readonly SeedResult[]): readonly Difference[] {
  const pairs = seeds.flatMap(({ rows }) => {
    const [one, other] = [rows[row], rows[minus]];
    return one === undefined || other === undefined ? [] : [[one.test, other.test] as const];
  });
  if (pairs.length === 0) return [];
  const rng = bootstrap().fork(`${row} - ${minus}`);
  const [values, subtracted] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  return [{ row, minus, test: summarizeDifference(values, subtracted, { rng }) }];
}

/** The resamples are the same whenever the same files are gathered. */
function bootstrap(): Rng {
  return seeded('ablation');
}

function isSameStudy(one: SeedResult, other: SeedResult): boolean {
  return isAlike(one, other) && differenceOf(one, other) === undefined;
}

function isAlike(one: SeedResult, other: SeedResult): boolean {
  return one.dataset.name === other.dataset.name && one.preset === other.preset;
}

function differenceOf(one: SeedResult, other: SeedResult): string | undefined {
  return (
    firstDifference(one.config, other.config) ?? firstDifference({ dataset: one.dataset }, { dataset: other.dataset })
  );
}
