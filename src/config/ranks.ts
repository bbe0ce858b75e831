import { UserError } from '../errors.js';
import type { Config, RecipeConfig } from './config.js';

/**
 * The configuration of a new run on several ranks. A step's batches are shared out equally; where there are too few for
 * that, they become smaller and more, so that a step still has the same images.
 */
export function sharedAmong(config: Config, ranks: number): Config {
  return {
    ...config,
    supernet: inMoreBatches(config.supernet, ranks),
    retrain: { ...config.retrain, recipe: inMoreBatches(config.retrain.recipe, ranks) },
  };
}

function inMoreBatches(recipe: RecipeConfig, ranks: number): RecipeConfig {
  const { batchSize, accumulate } = recipe;
  const times = ranks / commonDivisor(ranks, accumulate);
  if (batchSize % times !== 0) return recipe;
  return { ...recipe, batchSize: batchSize / times, accumulate: accumulate * times };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * Throws a UserError unless the ranks can share the batches of a step equally, for the recipes that a job trains with. A run that `goes
 * on` keeps its batches.
 */
export function checkShares(
  config: Config,
  recipes: readonly RecipeConfig[],
  ranks: number,
  { goesOn = false } = {},
): void {
  for (const [key, recipe] of [
    ['supernet', config.supernet],
    ['retrain.recipe', config.retrain.recipe],
  ] as const) {
    const { batchSize, accumulate } = recipe;
    if (!recipes.includes(recipe) || accumulate % ranks === 0) continue;
    if (goesOn) {
      throw new UserError(
        `${key}.accumulate is ${accumulate} in this run, which ${ranks} ranks cannot share equally; continue it with a number of ranks that divides ${accumulate}`,
      );
    }
    throw new UserError(
      `${key}.accumulate is ${accumulate}, which ${ranks} ranks cannot share equally, nor ${key}.batchSize, ${batchSize}; ` +
        `set ${key}.accumulate to a multiple of ${ranks}, or start a number of ranks that divides ${accumulate}`,
    );
  }
}
