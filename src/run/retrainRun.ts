import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { shellWord, UserError } from '../errors.js';
import type { Config } from '../config/config.js';
import { sharedAmong } from '../config/ranks.js';
import type { RunResult } from './results/report.js';
import { wholeMethod } from './run.js';
import { requireSearched } from './levels/searchedLevel.js';
import { RunFolder } from './folder/runFolder.js';
import { continuedRun, type ContinuedOptions } from './session.js';

/**
 * Continues a finished search: trains its best candidates from scratch, compares, exports. `revise` may change their
 * training and the device, as long as none has been trained.
 */
export async function retrainRun(
  out: string,
  { revise = (config) => config, ...options }: ContinuedOptions = {},
): Promise<RunResult> {
  const folder = await RunFolder.open(out);
  await requireSearched(folder);
  const begun = await hasBegun(folder);
  const checked = (config: Config): Config => {
    const revised = revise(config);
    if (begun && JSON.stringify(revised.retrain) !== JSON.stringify(config.retrain)) {
      throw new UserError(
        `retraining in ${out} was started with other settings; continue with those: glit retrain ${shellWord(out)}`,
      );
    }
    // Several ranks get batches that they can share, as in a new run.
    return begun ? revised : { ...revised, retrain: sharedAmong(revised, options.ranks?.size ?? 1).retrain };
  };
  // The supernets are trained.
  const job = { ...wholeMethod, recipes: ({ retrain }: Config) => [retrain.recipe] };
  return continuedRun(out, job, { command: 'retrain', ...options, revise: checked });
}

/** Whether the training of a final network has started. */
async function hasBegun(folder: RunFolder): Promise<boolean> {
  const parts = ['weights', 'snapshots'].map((part) => folder.path(part)).filter((path) => existsSync(path));
  const names = await Promise.all(parts.map((path) => readdir(path)));
  return names.flat().some((name) => name.startsWith('train-'));
}
