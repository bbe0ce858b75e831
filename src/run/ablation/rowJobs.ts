import { checkBatches, checkSearchConfig, searchDataOf } from '../../config/check.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { Architecture } from '../../family/family.js';
import { costOf } from '../../measure/cost.js';
import type { AblationRowOutcome } from '../../telemetry/events.js';
import type { RunContext, SearchContext } from '../context.js';
import { accuracyOf, type TrainedNetwork } from '../finals/retrain.js';
import { spaceForLastTrainings } from '../folder/diskSpace.js';
import { recordOf, type ImagesRecord } from '../folder/imagesRecord.js';
import { networkFields } from '../results/architectureFiles.js';
import { wholeMethod } from '../run.js';
import type { Job } from '../session.js';

/** The network of one row and seed, and the data set that it was made from. */
export interface RowOutcome {
  readonly architecture: Architecture;
  /** Accuracy on the images held out from training, 0 to 1. */
  readonly heldOut: number;
  /** Accuracy on the test images, 0 to 1. */
  readonly test: number;
  readonly dataset: DatasetCounts;
  readonly images: ImagesRecord;
}

/** A data set's name, and its numbers of classes and of images by their use. */
export interface DatasetCounts {
  readonly name: string;
  readonly classes: number;
  /** To train supernets and networks. */
  readonly train: number;
  /** To score candidates and to choose networks. */
  readonly heldOut: number;
  readonly test: number;
}

/** A search and the training of its best candidates, as `glit run` does them. */
export const searchRow: Job<RowOutcome> = {
  ...wholeMethod,
  async work(context) {
    const { architecture, comparison } = await wholeMethod.work(context);
    const [{ heldOut, test }] = comparison;
    return { architecture, heldOut, test, ...imagesOf(context) };
  },
  summary,
};

/** Trains a network without a search in supernets; its test images are used once, at the end. */
export function trainingRow(
  train: (context: SearchContext, data: SearchData) => Promise<TrainedNetwork>,
): Job<RowOutcome> {
  return {
    name: 'ablate',
    recipes: (config) => wholeMethod.recipes(config),
    checkConfig: checkSearchConfig,
    checkData({ config, dataset, rng }) {
      const images = searchDataOf(config, dataset, rng).train.labels.length;
      checkBatches(images, { 'retrain.recipe.batchSize': config.retrain.recipe.batchSize });
    },
    spaceFor: spaceForLastTrainings,
    async work(context) {
      const { config, dataset, rng } = context;
      const trained = await train(context, searchDataOf(config, dataset, rng));
      const { network, architecture, weights, kept, heldOut } = trained;
      const subject = { stage: { kind: 'test', network }, weights: kept, split: 'test' } as const;
      const test = await accuracyOf(context, architecture, weights, dataset.test, subject);
      return { architecture, heldOut, test, ...imagesOf(context) };
    },
    summary,
  };
}

function imagesOf({ config, dataset, rng }: RunContext): Pick<RowOutcome, 'dataset' | 'images'> {
  const { train, searchVal } = searchDataOf(config, dataset, rng);
  const counts = {
    name: dataset.name,
    classes: dataset.classes.length,
    train: train.labels.length,
    heldOut: searchVal.labels.length,
    test: dataset.test.labels.length,
  };
  return { dataset: counts, images: recordOf(dataset) };
}

function summary({ architecture, heldOut, test }: RowOutcome): AblationRowOutcome {
  return { architecture: networkFields(architecture), measures: { ...costOf(architecture) }, heldOut, test };
}
