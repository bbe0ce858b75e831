import { join } from 'node:path';
import type { Config } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { nearestDeit } from '../../measure/scaled.js';
import { budgetOf } from '../budget.js';
import { backboneOf } from '../levels/hierarchicalSearch.js';
import { randomCandidates, randomSearch } from '../finals/randomSearch.js';
import { retrain } from '../finals/retrain.js';
import { searchCost } from '../finals/searchCost.js';
import type { Job } from '../session.js';
import { journalEntries } from '../../telemetry/journal.js';
import { searchRow, trainingRow, type RowOutcome } from './rowJobs.js';

/** The rows of an ablation study, in the order in which they run and are listed. */
export const ROW_NAMES = ['deit', 'random', 'nlp', 'high', 'joint', 'both', 'random-search'] as const;
export type RowName = (typeof ROW_NAMES)[number];

/** A method that the study compares. Each seed of it is a run in a folder of its own. */
export interface Row {
  /** What it is, for tables and plots. */
  readonly title: string;
  /** Its configuration, from that of the study. */
  config(base: Config): Config;
  /** Its work; `runOf` gives the folder of another row's run with the same seed. */
  job(runOf: (row: RowName) => string): Job<RowOutcome>;
}

/**
 * The rows (GLiT, Tables 3 and 4). All networks are trained by one recipe on one split of the images, and all searches
 * have equal budgets: supernet steps, scored candidates, and retraining. A search with one level therefore trains its
 * supernet for as many steps, and scores as many candidates, as `both` does in its two levels together. That is also why
 * `high` has a search of its own: the first half of `both` has half of its budget.
 *
 * Random streams go by the seed and the names of stages, so `both`, `deit` and `random-search` are the networks that
 * `glit run` compares with the same seed.
 */
export const ROWS: Readonly<Record<RowName, Row>> = {
  deit: {
    title: 'DeiT at the limit',
    config: alone,
    job: () =>
      trainingRow((context, data) => {
        const { config } = context;
        const classes = data.classes.length;
        const { depth } = config.model;
        const deit = nearestDeit({ ...backboneOf(config, classes), depth, macs: limitOfMacs(config, classes) });
        return retrain(context, { role: 'baseline', name: 'deit' }, deit, data);
      }),
  },
  random: {
    title: 'average random network',
    config: alone,
    job: () =>
      trainingRow((context, data) => {
        const { config, rng } = context;
        const backbone = backboneOf(config, data.classes.length);
        const [drawn] = randomCandidates(context, backbone, 1, rng.fork('randomNetwork'));
        return retrain(context, { role: 'random' }, drawn, data);
      }),
  },
  nlp: {
    title: 'no locality',
    config: (base) => inOneLevel({ ...base, space: { ...base.space, lowLevel: 'nlp' } }),
    job: () => searchRow,
  },
  high: {
    title: 'high level only',
    config: (base) => inOneLevel({ ...base, space: { ...base.space, lowLevel: 'high' } }),
    job: () => searchRow,
  },
  joint: {
    title: 'both levels at once (SPOS)',
    config: (base) => inOneLevel({ ...base, space: { ...base.space, hierarchical: false } }),
    job: () => searchRow,
  },
  both: { title: 'both levels (GLiT)', config: alone, job: () => searchRow },
  'random-search': {
    title: 'random search, same cost',
    config: alone,
    job: (runOf) =>
      trainingRow(async (context, data) => {
        const cost = await searchCost(journalEntries(join(runOf('both'), 'journal.jsonl')), 'found');
        const found = await randomSearch(context, data, cost);
        if (found !== undefined) return found.network;
        throw new UserError('random search has no candidate within the budget; raise the limit');
      }),
  },
};

/** The limit of MACs that all rows share. Throws a UserError when the budget has none. */
export function limitOfMacs(config: Config, classes: number): number {
  const max = budgetOf(config, backboneOf(config, classes)).macs?.max;
  if (max !== undefined) return max;
  throw new UserError(
    'the budget does not limit MACs, but an ablation compares networks at one limit; give --max-macs',
  );
}

/** Each network to compare with is a row of its own. */
function alone(base: Config): Config {
  return { ...base, retrain: { ...base.retrain, baselines: false } };
}

/** The budget of two levels, for a search that has one. */
function inOneLevel(base: Config): Config {
  const { supernet, search } = base;
  const { steps, epochs } = supernet;
  return alone({
    ...base,
    supernet: {
      ...supernet,
      ...(steps !== undefined && { steps: 2 * steps }),
      ...(epochs !== undefined && { epochs: 2 * epochs }),
    },
    search: { ...search, generations: 2 * search.generations },
  });
}
