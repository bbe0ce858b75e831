import type { Config, RecipeConfig } from '../../config/config.js';
import { UserError } from '../../errors.js';
import type { PlannedPartName } from '../../telemetry/events.js';
import { formatDuration } from '../../telemetry/progress.js';
import { affordable } from '../finals/randomSearch.js';
import { halvingTrainings, halvingWork } from '../finals/halving.js';
import { scoringCount } from '../levels/scoringImages.js';
import { imagesPerCandidate, type Speed } from './speed.js';

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

/** The parts of a search that take as long as they are given. */
type SearchPart = 'supernets' | 'scoring' | 'halving' | 'training';

/**
 * How the time of a search is shared out, beyond the least that each part needs. Networks that are far from converged
 * gain most from their own training, so it gets almost half; without it, the first two share everything.
 */
const SHARES: Readonly<Record<SearchPart, number>> = { supernets: 0.25, scoring: 0.15, halving: 0.15, training: 0.45 };

/** The least that is worth doing. */
const LEAST_STEPS = 50;
const LEAST_POPULATION = 4;
const LEAST_GENERATIONS = 2;

/** A candidate's accuracy on so many images has a standard error of 1.6 points at most; candidates share it in part. */
const LEAST_SCORING_IMAGES = 1000;

/** Numbers of networks for successive halving, of which one is trained to the end. A front has no halving. */
const CONTENDERS = [16, 8, 4, 2];

/**
 * Plans a run by measured speed, so that it ends at the limit. Supernet steps, candidates, successive halving and final
 * trainings share the time; comparison networks take theirs from the same limit, with random search as long as the
 * search itself. If time is short, candidates are scored on only some of the held-out images. Everything else of the
 * configuration stays.
 *
 * Throws a UserError that names the least possible limit when the time is too short.
 */
export function planFor(config: Config, speed: Speed, request: PlanRequest): TimePlan {
  const { limitSeconds, elapsedSeconds, retrains, images } = request;
  const { retrain, search } = config;
  const compared = retrain.compare?.length ?? 0;
  // How many searches the time is for, random search included, and how many networks are trained besides theirs.
  const searches = retrains && retrain.baselines ? 2 : 1;
  const others = retrains ? (retrain.baselines ? 1 : 0) + compared : 0;
  const top = retrain.front ?? 1;
  const halves = retrains && retrain.front === undefined;
  const networks = retrains ? top * searches + others : 0;
  const evaluation = images.searchVal * speed.image;
  const preparing = (contenders: number): number => halvingTrainings(contenders, top) * (speed.setup + evaluation);
  // A moving average of the weights is measured besides the last ones.
  const finalStart = speed.setup + evaluation * (retrain.recipe.averageDecay > 0 ? 2 : 1);
  const levelSetup = sum(speed.levels.map(({ setup }) => setup));
  // Test images once for every row, and once from the exported file.
  const test = retrains ? (top + searches + others) * (images.test * speed.image + speed.setup / 2) : 0;
  const fixed = elapsedSeconds + levelSetup * searches + test + networks * finalStart;

  const stepOfLevels = sum(speed.levels.map(({ step }) => step));
  const scoring = scoringOf(config, speed, images.searchVal);
  const least: Partial<Record<SearchPart, number>> = {
    supernets: LEAST_STEPS * stepOfLevels,
    scoring: scoring.seconds(scoring.fewestCandidates, scoring.fewest),
    ...(halves && { halving: 2 * preparing(2) }),
    ...(retrains && { training: LEAST_STEPS * speed.step * top }),
  };
  // Random search takes as long as the search, without the candidates that this scores only for comparison.
  const ofRandomSearch = (parts: Partial<Record<SearchPart, number>>): number =>
    sum(Object.values(parts)) - (search.compareRandom ? (parts.scoring ?? 0) / 2 : 0);
  const total = (parts: Partial<Record<SearchPart, number>>): number =>
    sum(Object.values(parts)) + (searches - 1) * ofRandomSearch(parts) + (others * (parts.training ?? 0)) / top;
  const available = limitSeconds - fixed;
  if (available < total(least)) {
    const needed = Math.ceil((fixed + total(least)) * 1.05);
    throw new UserError(
      `--time ${formatDuration(limitSeconds)} is too short: on this machine such a run takes at least ${formatDuration(needed)}; raise it${searches === 2 ? ' or leave out the comparison with --no-baselines' : ''}`,
    );
  }
  const seconds = longestParts(least, (parts) => total(parts) <= available);

  const { candidates, scoringImages } = scoring.within(seconds.scoring, search.population * search.generations);
  // Each generation is as large as the least one before there is another.
  const most = Math.max(
    LEAST_GENERATIONS,
    Math.min(search.generations, Math.floor(candidates / leastPopulation(config))),
  );
  const generations = Math.min(most, Math.max(LEAST_GENERATIONS, Math.round(Math.sqrt(candidates) / 2)));
  const population = Math.floor(candidates / generations);
  const finalSteps = Math.round(seconds.training / top / speed.step);
  // Preparing the short trainings takes at most half of their time.
  const contenders =
    CONTENDERS.find((count) => count <= population * generations && 2 * preparing(count) <= seconds.halving) ?? 2;
  const shortSeconds = seconds.halving - preparing(contenders);
  const firstSteps = Math.max(1, Math.round(shortSeconds / halvingWork(contenders, top) / speed.sharedStep));
  const halving = { contenders, share: Math.min(1, firstSteps / finalSteps) };
  const planned: Config = {
    ...config,
    supernet: inSteps(config.supernet, Math.round(seconds.supernets / stepOfLevels)),
    search: { ...search, population, generations, ...(scoringImages < images.searchVal && { scoringImages }) },
    ...(retrains && {
      retrain: { ...retrain, ...(halves && { top, halving }), recipe: inSteps(retrain.recipe, finalSteps) },
    }),
  };
  const randomSeconds = ofRandomSearch(seconds) + levelSetup + top * finalStart;
  const withRandomSearch = (): Config => {
    const final = seconds.training / top + finalStart;
    const costs = { final, start: speed.setup + evaluation, whole: finalSteps * speed.sharedStep };
    return { ...planned, retrain: { ...planned.retrain, ...affordable(planned, randomSeconds, costs) } };
  };
  const parts: readonly PlannedPart[] = [
    { part: 'before', seconds: elapsedSeconds },
    { part: 'supernets', seconds: seconds.supernets + levelSetup },
    { part: 'scoring', seconds: seconds.scoring },
    ...(retrains
      ? ([
          { part: 'halving', seconds: seconds.halving },
          { part: 'training', seconds: seconds.training + top * finalStart },
          {
            part: 'baselines',
            seconds: (searches - 1) * randomSeconds + others * (seconds.training / top + finalStart),
          },
          { part: 'test', seconds: test },
        ] as const)
      : []),
  ];
  return {
    config: retrains && retrain.baselines ? withRandomSearch() : planned,
    parts: parts.filter((part) => part.seconds > 0),
  };
}

/** What scoring candidates takes, over all levels, of `held` held-out images. */
function scoringOf(config: Config, speed: Speed, held: number): Scoring {
  // Candidates drawn at random, for comparison, are as many again.
  const methods = config.search.compareRandom ? 2 : 1;
  const perImage = methods * sum(speed.levels.map(({ scoredImage }) => scoredImage));
  const fewestCandidates = leastPopulation(config) * LEAST_GENERATIONS;
  // Each level also prepares its images, once.
  const preparing = speed.levels.length * speed.image;
  const all = scoringCount(config, held);
  const fewest = Math.min(LEAST_SCORING_IMAGES, all);
  const calibration = imagesPerCandidate(config, held) - all;
  const seconds = (candidates: number, images: number): number =>
    candidates * (calibration + images) * perImage + images * preparing;
  return {
    fewest,
    fewestCandidates,
    seconds,
    within: (limit, wanted) => {
      const most = (limit - wanted * calibration * perImage) / (wanted * perImage + preparing);
      const images = Math.max(fewest, Math.min(all, Math.floor(most)));
      const perCandidate = (calibration + images) * perImage;
      const candidates = Math.floor((limit - images * preparing) / perCandidate);
      // The least time is enough for the least candidates, whatever rounding says.
      return { candidates: Math.max(fewestCandidates, candidates), scoringImages: images };
    },
  };
}

/** The smallest population that has room for the children that the configuration asks for. */
function leastPopulation({ search: { crossover = 0, mutation = 0 } }: Config): number {
  return Math.max(LEAST_POPULATION, crossover + mutation);
}

/** The scoring of candidates, as a plan sees it. */
interface Scoring {
  /** The least number of images that candidates are scored on, and of candidates a level. */
  readonly fewest: number;
  readonly fewestCandidates: number;
  /** The time for a number of candidates a level, each on a number of images. */
  readonly seconds: (candidates: number, images: number) => number;
  /**
   * What `seconds` are enough for: first the `wanted` candidates per level on the fewest images, then more images, then
   * more candidates on all of them.
   */
  readonly within: (seconds: number, wanted: number) => { readonly candidates: number; readonly scoringImages: number };
}

/**
 * The longest times for the parts of a search that fit. Each part of `least` takes its share of their sum, but no less
 * than its least time; a part that it lacks takes none.
 */
function longestParts(
  least: Partial<Record<SearchPart, number>>,
  fits: (parts: Readonly<Record<SearchPart, number>>) => boolean,
): Readonly<Record<SearchPart, number>> {
  // The sum grows with the scale, part by part, so that bisection finds the largest scale.
  const parts = (scale: number): Record<SearchPart, number> => {
    const part = (name: SearchPart): number => {
      const lower = least[name];
      return lower === undefined ? 0 : Math.max(lower, scale * SHARES[name]);
    };
    return {
      supernets: part('supernets'),
      scoring: part('scoring'),
      halving: part('halving'),
      training: part('training'),
    };
  };
  let [low, high] = [0, 1];
  while (fits(parts(high))) [low, high] = [high, 2 * high];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (fits(parts(middle))) low = middle;
    else high = middle;
  }
  return parts(low);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function inSteps({ epochs: _, ...recipe }: RecipeConfig, steps: number): RecipeConfig {
  return { ...recipe, steps };
}
