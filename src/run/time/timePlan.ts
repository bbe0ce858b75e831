import type { Config, RecipeConfig } from '../../config/config.js';
import { UserError } from '../../errors.js';
import type { PlannedPartName } from '../../telemetry/events.js';
import { formatDuration } from '../../telemetry/progress.js';
import { affordable } from '../finals/randomSearch.js';
import { betterHalf, halvingWork } from '../finals/halving.js';
import type { Speed } from './speed.js';

/** A configuration that fits a time limit, and what its parts are expected to take. */
export interface TimePlan {
  readonly config: Config;
  readonly parts: readonly PlannedPart[];
}

/** A part of a plan. */
export interface PlannedPart {
  readonly part: PlannedPartName;
  readonly seconds: number;
}

/** What a plan is made for. */
export interface PlanRequest {
  /** The whole time, from the start of the command. */
  readonly limitSeconds: number;
  /** The time that has passed. */
  readonly elapsedSeconds: number;
  /** Whether networks are trained, compared and tested after the search. */
  readonly retrains: boolean;
  readonly images: { readonly searchVal: number; readonly test: number };
}

/**
 * How the time of a search is shared out. Networks that are far from converged gain most from their own training, so it
 * gets almost half; without it, the first two share everything.
 */
const SHARES = { supernets: 0.25, scoring: 0.15, halving: 0.15, training: 0.45 };

/** The least that is worth doing. */
const LEAST_STEPS = 50;
const LEAST_POPULATION = 4;
const LEAST_GENERATIONS = 2;

/** Numbers of networks for successive halving, of which {@link TOP} is trained to the end. */
const CONTENDERS = [16, 8, 4, 2];
const TOP = 1;

/**
 * Plans a run by measured speed, so that it ends at the limit. Supernet steps, candidates, successive halving and final
 * trainings share the time; comparison networks take theirs from the same limit, with random search as long as the
 * search itself. Everything else of the configuration stays.
 *
 * Throws a UserError that names the least possible limit when the time is too short.
 */
export function planFor(config: Config, speed: Speed, request: PlanRequest): TimePlan {
  const { limitSeconds, elapsedSeconds, retrains, images } = request;
  const { retrain, search } = config;
  const compared = retrain.compare?.length ?? 0;
  // How many times the variable time of the search is spent, and how many networks are trained to the end.
  const training = SHARES.training / TOP;
  const searches = retrains && retrain.baselines ? 2 : 1;
  const others = (retrain.baselines ? 1 : 0) + compared;
  const total = retrains ? searches + others * training : SHARES.supernets + SHARES.scoring;
  const networks = TOP * searches + others;
  const evaluation = images.searchVal * speed.image;
  const preparing = (contenders: number): number => trainingsOf(contenders, TOP) * (speed.setup + evaluation);
  const levelSetup = speed.levels.reduce((sum, { setup }) => sum + setup, 0);
  // Test images once for every row, and once from the exported file.
  const test = retrains ? (1 + searches + others) * (images.test * speed.image + speed.setup / 2) : 0;
  const trainingSetup = retrains ? networks * (speed.setup + evaluation) : 0;
  const fixed = elapsedSeconds + levelSetup * searches + test + trainingSetup;
  const variable = (limitSeconds - fixed) / total;

  const stepOfLevels = speed.levels.reduce((sum, { step }) => sum + step, 0);
  const candidateOfLevels = speed.levels.reduce((sum, { candidate }) => sum + candidate, 0);
  const least = Math.max(
    (LEAST_STEPS * stepOfLevels) / SHARES.supernets,
    (LEAST_POPULATION * LEAST_GENERATIONS * candidateOfLevels) / SHARES.scoring,
    ...(retrains ? [(LEAST_STEPS * speed.step) / training, (2 * preparing(2)) / SHARES.halving] : []),
  );
  if (variable < least) {
    const needed = Math.ceil((fixed + least * total) * 1.05);
    throw new UserError(
      `--time ${formatDuration(limitSeconds)} is too short: on this machine such a run takes at least ${formatDuration(needed)}; raise it${searches === 2 ? ' or leave out the comparison with --no-baselines' : ''}`,
    );
  }

  const seconds = (share: number): number =>
    variable * (retrains ? share : (share * total) / (SHARES.supernets + SHARES.scoring));
  // Each generation is as large as the least one before there is another.
  const candidates = Math.floor(seconds(SHARES.scoring) / candidateOfLevels);
  const most = Math.max(LEAST_GENERATIONS, Math.min(search.generations, Math.floor(candidates / LEAST_POPULATION)));
  const generations = Math.min(most, Math.max(LEAST_GENERATIONS, Math.round(Math.sqrt(candidates) / 2)));
  const population = Math.floor(candidates / generations);
  const finalSteps = Math.round((variable * training) / speed.step);
  // Preparing the short trainings takes at most half of their time.
  const contenders = CONTENDERS.find((count) => 2 * preparing(count) <= seconds(SHARES.halving)) ?? 2;
  const shortSeconds = seconds(SHARES.halving) - preparing(contenders);
  const firstSteps = Math.max(1, Math.round(shortSeconds / halvingWork(contenders, TOP) / speed.sharedStep));
  const halving = { contenders, share: Math.min(1, firstSteps / finalSteps) };
  const planned: Config = {
    ...config,
    supernet: inSteps(config.supernet, Math.round(seconds(SHARES.supernets) / stepOfLevels)),
    search: { ...search, population, generations },
    ...(retrains && { retrain: { ...retrain, top: TOP, halving, recipe: inSteps(retrain.recipe, finalSteps) } }),
  };
  const ofSearch = variable + levelSetup + TOP * (speed.setup + evaluation);
  const randomCandidates = affordable(planned, {
    processorSeconds: ofSearch,
    halvingSeconds: seconds(SHARES.halving),
    finalSeconds: variable * SHARES.training + TOP * (speed.setup + evaluation),
    finalTrainings: TOP,
  });
  const parts: readonly PlannedPart[] = [
    { part: 'before', seconds: elapsedSeconds },
    { part: 'supernets', seconds: seconds(SHARES.supernets) + levelSetup },
    { part: 'scoring', seconds: seconds(SHARES.scoring) },
    ...(retrains
      ? ([
          { part: 'halving', seconds: seconds(SHARES.halving) },
          { part: 'training', seconds: variable * SHARES.training + TOP * (speed.setup + evaluation) },
          {
            part: 'baselines',
            seconds: (searches - 1) * ofSearch + others * (variable * training + speed.setup + evaluation),
          },
          { part: 'test', seconds: test },
        ] as const)
      : []),
  ];
  return {
    config: retrains && retrain.baselines ? { ...planned, retrain: { ...planned.retrain, randomCandidates } } : planned,
    parts: parts.filter((part) => part.seconds > 0),
  };
}

/** The number of short trainings over all rounds of successive halving. */
function trainingsOf(contenders: number, top: number): number {
  let count = 0;
  for (let left = contenders; left > top; left = betterHalf(left, top)) count += left;
  return count;
}

function inSteps({ epochs: _, ...recipe }: RecipeConfig, steps: number): RecipeConfig {
  return { ...recipe, steps };
}
