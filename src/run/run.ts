import { agreed } from '../comm/exchange.js';
import type { SearchData } from '../dataset/dataset.js';
import { architecture } from '../family/architecture.js';
import { perKnownMeasure } from '../measure/measure.js';
import { journalEntries } from '../telemetry/journal.js';
import { networkName, type NetworkRole, type Selection } from '../telemetry/stage.js';
import { networkFields, writeArchitecture } from './results/architectureFiles.js';
import { candidatesTable } from './levels/candidatesTable.js';
import { frontPicture } from './levels/frontPicture.js';
import { checkBatches, checkSearchConfig, searchDataOf } from '../config/check.js';
import { costOf } from '../measure/cost.js';
import { spaceForRun } from './folder/diskSpace.js';
import { comparisonNetworks, scaledBaselines } from './finals/comparison.js';
import { descriptionMetadata } from '../modelfile/exportModel.js';
import type { RunContext } from './context.js';
import { writeModelFiles } from './results/modelFiles.js';
import { checkFirstLevel, hierarchicalSearch, type SearchResult } from './levels/hierarchicalSearch.js';
import { formatReport, type ComparisonRow, type RunResult } from './results/report.js';
import { bestTrained, trainFinalists } from './finals/finalTraining.js';
import { randomSearch, type RandomSearchResult } from './finals/randomSearch.js';
import { accuracyOf, retrain, type TrainedNetwork } from './finals/retrain.js';
import { searchCost, type SearchCost } from './finals/searchCost.js';
import { trainSideBySide } from './finals/sideBySide.js';
import type { RunFolder } from './folder/runFolder.js';
import { RecordedFitness } from './levels/searchLevel.js';
import type { DataContext, Job } from './session.js';

/**
 * The whole method: search, retraining of the best candidates, comparison, export and verification. Reuses the work of
 * earlier processes from the run folder.
 */
export const wholeMethod: Job<RunResult> = {
  name: 'run',
  recipes: ({ supernet, retrain: { recipe } }) => [supernet, recipe],
  checkConfig: checkSearchConfig,
  checkData(context) {
    checkSearchImages(context, { 'retrain.recipe.batchSize': context.config.retrain.recipe.batchSize });
    for (const [preset, built] of scaledBaselines(context.config, context.dataset.classes.length)) {
      const { family, backbone, blocks } = built;
      context.emit({ type: 'baselineScaled', preset, family: family.name, backbone, blocks, measures: costOf(built) });
    }
  },
  spaceFor: spaceForRun,
  async work(context) {
    const data = searchDataOf(context.config, context.dataset, context.rng);
    return retrainFinalists(context, data, await searchOn(context, data));
  },
  summary: ({ architecture: built, comparison, latencies: _, ...rest }) => ({
    ...rest,
    architecture: networkFields(built),
    comparison: comparison.map(({ network, heldOut, test, ...costs }) => ({
      network,
      measures: perKnownMeasure(({ key }) => costs[key]),
      heldOut,
      test,
    })),
  }),
};

/**
 * Only the search: leaves the best architecture, the table of candidates and, for several objectives, a picture of the
 * front in the run folder.
 */
export const searchOnly: Job<SearchResult> = {
  name: 'search',
  recipes: ({ supernet }) => [supernet],
  checkConfig: checkSearchConfig,
  checkData: (context) => checkSearchImages(context),
  spaceFor: spaceForRun,
  work: (context) => searchOn(context, searchDataOf(context.config, context.dataset, context.rng)),
  summary: ({ candidates, finalists, front }) => ({
    candidates: candidates.length,
    ...(front !== undefined && { front }),
    finalists: finalists.map(({ architecture: { name, blocks } }) => ({ name: name ?? null, blocks })),
  }),
};

/** Checks that there are enough images, also for batches of `more` sizes, and that the budget is possible. */
function checkSearchImages(context: DataContext, more: Readonly<Record<string, number>> = {}): void {
  const { config, dataset, rng } = context;
  const images = searchDataOf(config, dataset, rng).train.labels.length;
  const { supernet, search } = config;
  checkBatches(images, {
    'supernet.batchSize': supernet.batchSize,
    ...(search.calibrationBatches > 0 && { 'search.calibrationBatchSize': search.calibrationBatchSize }),
    ...more,
  });
  checkFirstLevel(context, dataset.classes.length);
}

async function searchOn(context: RunContext, data: SearchData): Promise<SearchResult> {
  const { config, dataset, folder } = context;
  const result = await hierarchicalSearch(context, data, await recordedFitness(context));
  const { candidates, finalists, front } = result;
  const [{ architecture: best }] = finalists;
  await folder.write('candidates.csv', candidatesTable(candidates, best.family));
  await writeArchitecture(folder, best);
  context.emit({ type: 'artifact', kind: 'candidates', path: 'candidates.csv' });
  context.emit({ type: 'artifact', kind: 'architecture', path: 'architecture.json' });
  if (front !== undefined) {
    const { objectives } = config.search;
    await folder.write('front.svg', await frontPicture({ dataset: dataset.name, objectives, candidates, front }));
    context.emit({ type: 'artifact', kind: 'picture', path: 'front.svg' });
  }
  return result;
}

/** The scores of earlier processes, from the journal. */
async function recordedFitness({ folder }: RunContext): Promise<RecordedFitness> {
  const recorded = new RecordedFitness();
  for await (const entry of journalEntries(folder.path('journal.jsonl'))) {
    if (entry.type === 'candidateEvaluated') recorded.add(entry.stage, entry.method, entry.path, entry);
    if (entry.type === 'stageFinished' && entry.stage.kind === 'search') recorded.finish(entry.stage);
  }
  return recorded;
}

async function retrainFinalists(context: RunContext, data: SearchData, search: SearchResult): Promise<RunResult> {
  const { config, dataset, ranks, folder, emit } = context;
  const contenders = search.finalists.map((finalist) => ({
    architecture: finalist.architecture,
    weights: finalist.inherited,
  }));
  const finalists = await trainFinalists(context, contenders, data, {
    by: 'found',
    top: config.retrain.front ?? config.retrain.top,
  });
  const winner = bestTrained(finalists);
  const found: TrainedNetwork = {
    ...winner,
    network: { role: 'found' },
    architecture: architecture(winner.architecture.family, { ...winner.architecture, name: 'glit-found' }),
  };

  // Of a front, all networks are reported; of the best candidates, the best.
  const compared = [found, ...(config.retrain.front === undefined ? [] : finalists.filter((each) => each !== winner))];
  let random: RandomSearchResult | undefined;
  const baselines = comparisonNetworks(config, found.architecture, data.classes.length);
  compared.push(
    ...(await trainSideBySide(
      context,
      baselines.map((each) => each.architecture),
      (engineContext, at) =>
        retrain(engineContext, { role: 'baseline', name: baselines[at].name }, baselines[at].architecture, data),
    )),
  );
  if (config.retrain.baselines) {
    const cost = await agreed(ranks, () => searchCost(journalEntries(folder.path('journal.jsonl')), 'found'));
    random = await randomSearch(context, data, cost);
    if (random !== undefined) compared.push(random.network);
  }

  // Only now, with everything decided, use the test images: once for each reported network.
  const comparison: ComparisonRow[] = [];
  for (const { network, architecture: built, cost, weights, kept, heldOut } of compared) {
    const subject = { stage: { kind: 'test', network }, weights: kept, split: 'test' } as const;
    const test = await accuracyOf(context, built, weights, dataset.test, subject);
    comparison.push({ network, name: labelOf(network, built.name), ...cost, heldOut, test });
  }

  await writeArchitecture(folder, found.architecture);
  const description = { classes: data.classes, architecture: found.architecture, seed: config.seed };
  await folder.writeTensors('weights.safetensors', found.weights, descriptionMetadata(description));
  const onnxAccuracy = await writeModelFiles(context, found.weights, description);

  const costOf = (by: Selection): Promise<SearchCost> => searchCost(journalEntries(folder.path('journal.jsonl')), by);
  const latencies = [...search.measured, ...(random?.measured ?? [])];
  const result: RunResult = {
    dataset: dataset.name,
    architecture: found.architecture,
    comparison,
    onnxAccuracy,
    testImages: dataset.test.labels.length,
    images: { train: data.train.labels.length, heldOut: data.searchVal.labels.length },
    finalists: finalists.map(({ network, heldOut }) => ({ name: networkName(network), heldOut })),
    ...(latencies.length > 0 && { latencies }),
    ...(search.front !== undefined && { front: search.front }),
    searchProcessorSeconds: (await costOf('found')).processorSeconds,
    ...(random !== undefined && {
      randomSearch: {
        candidates: random.candidates,
        processorSeconds: (await costOf('random')).processorSeconds,
      },
    }),
    seconds: await secondsOf(folder),
  };
  await folder.write('report.md', formatReport(config, result, search.candidates));
  await folder.write('result.json', `${JSON.stringify(result, null, 2)}\n`);
  emit({ type: 'artifact', kind: 'report', path: 'report.md' });
  return result;
}

/** Seconds of work on a run so far, over all its processes. */
async function secondsOf(folder: RunFolder): Promise<number> {
  let worked = 0;
  for await (const { seconds } of journalEntries(folder.path('journal.jsonl'))) worked = seconds;
  return worked;
}

function labelOf(network: NetworkRole, architectureName: string | undefined): string {
  if (network.role === 'found') return 'GLiT, found';
  if (network.role === 'random') return 'random search';
  if (network.role === 'finalist') return `front, ${architectureName ?? networkName(network)}`;
  const name = networkName(network);
  return name === 'deit' ? `DeiT (${architectureName ?? name})` : (architectureName ?? name);
}
