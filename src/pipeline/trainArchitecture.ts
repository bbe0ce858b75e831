import { checkAugmentation } from '../data/augment/augmentation.js';
import { UserError } from '../errors.js';
import { plainNetwork } from '../model/network.js';
import { architecture, type Architecture } from '../space/architecture.js';
import { formatArchitecture } from '../space/codec.js';
import { checkBatches } from './checkConfig.js';
import type { Config } from './config.js';
import type { RunContext } from './context.js';
import { accuracyOfFile, exportedModel } from './exportModel.js';
import { accuracyOf } from './retrain.js';
import type { Job } from './session.js';
import { trainStage } from './trainStage.js';

export interface TrainResult {
  readonly architecture: Architecture;
  /** Top-1 accuracy on the test images, of the last weights. */
  readonly test: number;
  /** The same of the weights' moving average, where one was kept. */
  readonly averageTest: number | null;
  /** The same as `test`, measured from `best.onnx`. */
  readonly onnxAccuracy: number;
}

/** Trains one architecture from scratch on all training images and exports it. The class count is the data set's. */
export function training(given: Architecture): Job<TrainResult> {
  return {
    name: 'train',
    recipes: (config) => [config.retrain.recipe],
    checkConfig: (config) => checkFits(given, config),
    checkData: ({ config, dataset }) =>
      checkBatches(dataset.train.labels.length, { 'retrain.recipe.batchSize': config.retrain.recipe.batchSize }),
    work: (context) => trainArchitecture(context, given),
    summary: ({ architecture: { name }, ...accuracies }) => ({ architecture: name ?? null, ...accuracies }),
  };
}

/** What a configuration says about the model when it is this architecture. */
export function modelConfigOf({ backbone, blocks }: Architecture): Config['model'] {
  const { imageSize, patchSize, dim, heads } = backbone;
  return { imageSize, patchSize, dim, heads, depth: blocks.length };
}

function checkFits(given: Architecture, config: Config): void {
  for (const [key, value] of Object.entries(modelConfigOf(given))) {
    const said = config.model[key as keyof Config['model']];
    if (said !== value) {
      throw new UserError(`model.${key} is ${said}, but the architecture's is ${value}; leave it out or use ${value}`);
    }
  }
  checkAugmentation(config.retrain.recipe.augmentation, config.model.imageSize);
}

async function trainArchitecture(context: RunContext, given: Architecture): Promise<TrainResult> {
  const { config, dataset, device, folder, emit, signal } = context;
  const { classes } = dataset;
  const built = architecture({ ...given, backbone: { ...given.backbone, classes: classes.length } });
  await folder.write('architecture.json', formatArchitecture(built));
  const { state, average } = await trainStage(
    context,
    'train',
    plainNetwork(built),
    dataset.train,
    config.retrain.recipe,
  );
  const weights = await state.weights();
  state.free();
  const test = await accuracyOf(context, 'train', built, weights, dataset.test, 'test');
  const averageTest =
    average === undefined ? null : await accuracyOf(context, 'average', built, average, dataset.test, 'test');
  const metadata = { architecture: formatArchitecture(built), classes: JSON.stringify(classes) };
  await folder.writeTensors('weights.safetensors', weights, metadata);
  await folder.write('best.onnx', exportedModel(weights, { classes, architecture: built }));
  emit({ type: 'artifact', what: 'model', path: 'best.onnx' });
  const onnxAccuracy = await accuracyOfFile(device, folder.path('best.onnx'), dataset.test, {
    batchSize: config.search.evaluationBatchSize,
    workers: config.data.workers,
    signal,
  });
  return { architecture: built, test, averageTest, onnxAccuracy };
}
