import { checkBatches, checkRecipe, searchDataOf } from '../../config/check.js';
import type { SearchData } from '../../dataset/dataset.js';
import { costRange } from '../../measure/budget.js';
import { costOfPath, costsOfSpace, costTable } from '../../measure/cost.js';
import { supernet } from '../../model/network.js';
import type { Rng } from '../../random/rng.js';
import { blocksOf } from '../../space/space.js';
import { budgetOf, pathsWithin } from '../budget.js';
import type { RunContext, SearchContext } from '../context.js';
import { costOptionsOf } from '../latencyTable.js';
import { backboneOf } from '../levels/hierarchicalSearch.js';
import { checkSameImages, type SearchedLevel } from '../levels/searchedLevel.js';
import { spaceForTrainings } from '../folder/diskSpace.js';
import type { RunFolder } from '../folder/runFolder.js';
import type { Job } from '../session.js';
import { halvesOf, type Half } from './halves.js';
import { formatTrustReport, trustPicture, type TrustResult } from './report.js';
import { rescore } from './rescore.js';
import { sampleCandidates, type SampledCandidate } from './sample.js';
import { settingsFile, type TrustSettings } from './settings.js';
import { trustStatistics } from './statistics.js';
import { trainCandidates } from './trainings.js';

/**
 * Checks how well the supernet of a level ranks candidates, without test images: candidates are scored again with
 * inherited weights on half of the held-out images, trained from scratch by `retrain.recipe` of the configuration, and
 * measured on the other half.
 */
export function trusting(run: RunFolder, level: SearchedLevel, settings: TrustSettings): Job<TrustResult> {
  return {
    name: 'trust',
    recipes: ({ retrain: { recipe }, supernet: ofSupernet }) => [recipe, ofSupernet],
    checkConfig: (config) => checkRecipe(config, 'retrain.recipe', config.retrain.recipe),
    checkData(context) {
      checkSameImages(context, run, level);
      const plan = planOf(context, searchDataOf(context.config, context.dataset, context.rng), level, settings);
      const { search, retrain } = context.config;
      checkBatches(plan.halves.A.train.labels.length, {
        'retrain.recipe.batchSize': retrain.recipe.batchSize,
        ...(search.calibrationBatches > 0 && { 'search.calibrationBatchSize': search.calibrationBatchSize }),
      });
    },
    files: settingsFile(settings),
    spaceFor(config, classes) {
      const { max } = costRange(costsOfSpace(backboneOf(config, classes), level.space)).parameters;
      return spaceForTrainings(settings.candidates * settings.seeds, max);
    },
    async work({ dataset, ...context }: RunContext) {
      const data = searchDataOf(context.config, dataset, context.rng);
      const result = { dataset: dataset.name, ...(await measure(context, data, run, level, settings)) };
      await context.folder.write('trust.json', `${JSON.stringify(result, null, 2)}\n`);
      await context.folder.write('trust.svg', await trustPicture(result));
      await context.folder.write('trust.md', formatTrustReport(result));
      context.emit({ type: 'artifact', kind: 'picture', path: 'trust.svg' });
      context.emit({ type: 'artifact', kind: 'report', path: 'trust.md' });
      return result;
    },
    summary: ({ level: name, candidates, seeds, statistics }) => ({
      level: name,
      candidates: candidates.length,
      seeds,
      ...statistics,
    }),
  };
}

/** What a check will look at; a function of the run and the settings. */
interface Plan {
  readonly halves: Readonly<Record<Half, SearchData>>;
  readonly candidates: readonly SampledCandidate[];
  readonly rng: Rng;
}

function planOf(
  context: Pick<SearchContext, 'config' | 'rng' | 'latencyTable'>,
  data: SearchData,
  { name, space, recorded }: SearchedLevel,
  { candidates }: TrustSettings,
): Plan {
  const { config, rng } = context;
  const backbone = backboneOf(config, data.classes.length);
  const table = costTable(supernet(backbone, space, config.space), costOptionsOf(context, backbone, space));
  const budget = budgetOf(config, backbone);
  const own = rng.fork('trust').fork(name);
  return {
    halves: halvesOf(data, own.fork('halves')),
    candidates: sampleCandidates(pathsWithin(table, budget), recorded, candidates, own.fork('candidates')),
    rng: own,
  };
}

async function measure(
  context: SearchContext,
  data: SearchData,
  run: RunFolder,
  level: SearchedLevel,
  settings: TrustSettings,
): Promise<Omit<TrustResult, 'dataset'>> {
  const { config, emit } = context;
  const { halves, candidates, rng } = planOf(context, data, level, settings);
  const { seeds } = settings;
  const { recipe } = config.retrain;
  const images = {
    train: data.train.labels.length,
    halfA: halves.A.searchVal.labels.length,
    halfB: halves.B.searchVal.labels.length,
  };
  const searched = candidates.filter(({ from }) => from === 'search').length;
  emit({
    type: 'trustPlanned',
    level: level.name,
    searched,
    drawn: candidates.length - searched,
    seeds,
    images,
    training: recipe.steps === undefined ? { epochs: recipe.epochs ?? 0 } : { steps: recipe.steps },
  });
  const { space } = level;
  const backbone = backboneOf(config, data.classes.length);
  const network = supernet(backbone, space, config.space);
  const paths = candidates.map(({ path }) => path);
  const weights = await run.readWeights(level.weightsFile);
  const fitness = await rescore(context, level.name, network, weights, halves.A, paths);
  const retrained = await trainCandidates(context, { level: level.name, backbone, space, paths, seeds }, halves);
  const table = costTable(network, costOptionsOf(context, backbone, space));
  const measured = candidates.map((candidate, index) => ({
    ...candidate,
    ...fitness[index],
    cost: costOfPath(table, candidate.path),
    retrained: retrained[index],
    blocks: blocksOf(space, candidate.path),
  }));
  return {
    level: level.name,
    seed: config.seed,
    seeds,
    images,
    recipe,
    statistics: trustStatistics(measured, rng.fork('bootstrap')),
    candidates: measured,
  };
}
