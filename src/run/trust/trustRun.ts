import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.js';
import { parseConfig } from '../../config/layers.js';
import { UserError } from '../../errors.js';
import { RunFolder } from '../folder/runFolder.js';
import { TABLE_FILE } from '../latencyTable.js';
import { continuedRun, newRun, type ContinuedOptions } from '../session.js';
import type { TrustResult } from './report.js';
import { searchedLevel, type SearchedLevel } from '../levels/searchedLevel.js';
import { shortRecipe, trustSettings, type GivenTrust } from './settings.js';
import { trusting } from './trust.js';

export interface TrustOptions extends ContinuedOptions, GivenTrust {
  /** The folder for the results. Default: `trust` in the run folder, or `trust-<level>` for a level before the last. */
  readonly out?: string | undefined;
  /** The level to check. Default: the last. */
  readonly level?: string | undefined;
}

/** A finished check, and where it is. */
export interface TrustRun {
  readonly folder: string;
  readonly result: TrustResult;
}

/** The folder for the results of a check, unless the user gives another. */
function trustFolderOf(run: string, level: Pick<SearchedLevel, 'name' | 'isLast'>): string {
  return join(run, level.isLast ? 'trust' : `trust-${level.name}`);
}

/**
 * Checks the supernet of the finished search in `run`, or continues an interrupted check. `revise` may change the length of
 * the trainings and the machine, as long as the check has not begun. Throws a UserError when the run is not finished, or
 * the check was begun with other settings.
 */
export async function trustRun(
  run: string,
  { out, level: wanted, candidates, seeds, revise = (config) => config, ...session }: TrustOptions = {},
): Promise<TrustRun> {
  const runFolder = await RunFolder.open(run);
  const config = parseConfig(await runFolder.read('config.yaml'), runFolder.path('config.yaml'));
  const level = await searchedLevel(runFolder, config, wanted);
  const folder = out ?? trustFolderOf(run, level);
  const begun = existsSync(join(folder, 'config.yaml')) ? await RunFolder.open(folder) : undefined;
  const settings = await trustSettings(begun, level, { candidates, seeds });
  const job = trusting(runFolder, level, settings);
  if (begun === undefined) {
    const short: Config = {
      ...config,
      ...(config.latency !== undefined && { latency: { table: runFolder.path(TABLE_FILE) } }),
      retrain: { ...config.retrain, recipe: shortRecipe(config.retrain.recipe) },
    };
    return { folder, result: await newRun(revise(short), folder, job, session) };
  }
  const checked = (before: Config): Config => {
    const revised = revise(before);
    if (JSON.stringify(revised.retrain) !== JSON.stringify(before.retrain)) {
      throw new UserError(`the trainings in ${folder} were begun with another length; continue without giving it`);
    }
    return revised;
  };
  return { folder, result: await continuedRun(folder, job, { ...session, revise: checked }) };
}
